// SPDX-License-Identifier: Apache-2.0
package import RelayCore
import RelayLoop

/// Reads secrets at the moment of their use, so that a rotated file needs no restart.
///
/// Made anew for each fetch; it remembers what it read, so that no answer of the issuer can smuggle it into a message.
package struct SecretReader {
    /// 64 KiB: more is no secret but a mistake.
    package static let limit = 64 * 1_024

    /// Whether a file was readable by every user of the machine.
    package private(set) var sawReadableByOthers = false
    private var values: [String] = []

    package init() {}

    /// The secret's text; of a file without the line ends after it.
    ///
    /// - Parameter name: the variable, for messages.
    /// - Throws: `.secretUnavailable`, naming the variable or the path, if there is none or it is empty.
    package mutating func read(_ reference: SecretReference, name: String) throws(TokenFetchFailure) -> String {
        switch reference {
        case .value(let secret):
            guard !secret.isEmpty else { throw TokenFetchFailure(.secretUnavailable(name: name)) }
            values.append(secret.reveal)
            return secret.reveal
        case .file(let path):
            var text = try readFile(path)[...]
            while text.utf8.last == 0x0A || text.utf8.last == 0x0D {
                text = Substring(text.utf8.dropLast())
            }
            guard !text.isEmpty else { throw TokenFetchFailure(.secretUnavailable(name: path)) }
            return String(text)
        }
    }

    /// The whole text of a file, without a byte order mark.
    package mutating func readFile(_ path: String) throws(TokenFetchFailure) -> String {
        guard let content = try? SmallFile.read(path, limit: Self.limit),
            let text = String(validating: TextTrimming.withoutByteOrderMark(content.bytes), as: UTF8.self)
        else { throw TokenFetchFailure(.secretUnavailable(name: path)) }
        if content.isReadableByOthers { sawReadableByOthers = true }
        values.append(TextTrimming.trimmed(text))
        return text
    }

    /// Makes the reader aware of a secret that came some other way.
    package mutating func remember(_ secret: String) { values.append(secret) }

    /// The text, unless it holds one of the secrets or a good part of one.
    package func harmless(_ text: String?) -> String? {
        guard let text else { return nil }
        let leaks = values.contains { value in
            value.utf8.count >= 3 && text.contains(value) || text.utf8.count >= 6 && value.contains(text)
        }
        return leaks ? nil : text
    }
}
