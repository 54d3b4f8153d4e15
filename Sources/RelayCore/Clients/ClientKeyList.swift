// SPDX-License-Identifier: Apache-2.0

/// The text of `RELAY_CLIENT_KEYS` or of its file, read.
///
/// Entries are separated by commas or line ends; each is `key` or `name:key`, where the name ends at the first colon.
/// Empty entries and lines that start with `#` are skipped. Several keys may share a name, so that one can be replaced
/// without an outage; one key may occur only once.
package struct ClientKeyList: Sendable {
    /// In the order of the text; only as good as `problems` is empty.
    package private(set) var keys: [ClientKey] = []
    /// What is wrong, one sentence each; an entry is named by its place, since any part of it may be secret.
    package private(set) var problems: [String] = []

    package init(parsing text: String) {
        var entry = 0
        var firstPlace: [[UInt8]: Int] = [:]
        for line in text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            if Self.trimmed(Array(line)).first == UInt8(ascii: "#") { continue }
            for piece in line.split(separator: UInt8(ascii: ",")) {
                let bytes = Self.trimmed(Array(piece))
                if bytes.isEmpty { continue }
                entry += 1
                add(bytes, entry: entry, &firstPlace)
            }
        }
        if entry == 0 {
            problems.append("no key in the list; write key or name:key, one a line or separated by commas")
        }
    }

    private mutating func add(_ bytes: ArraySlice<UInt8>, entry: Int, _ firstPlace: inout [[UInt8]: Int]) {
        var name = ""
        var key = bytes
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            name = String(decoding: Self.trimmed(bytes[..<colon]), as: UTF8.self)
            key = Self.trimmed(bytes[(colon + 1)...])
            guard Self.isName(name) else {
                return problems.append(
                    "entry \(entry): the name before the colon must be 1 to 64 characters without white space")
            }
        }
        guard !key.isEmpty else { return problems.append("entry \(entry): the key after the colon is empty") }
        guard key.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return problems.append("entry \(entry): the key must be visible ASCII characters without spaces")
        }
        if let first = firstPlace[Array(key)] {
            return problems.append("entry \(entry): the same key as entry \(first)")
        }
        firstPlace[Array(key)] = entry
        keys.append(ClientKey(name: name, key: Secret(String(decoding: key, as: UTF8.self))))
    }

    /// Whether `name` is fit for a log line and a metric's label.
    private static func isName(_ name: String) -> Bool {
        let scalars = name.unicodeScalars
        return (1...64).contains(scalars.count)
            && scalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .unassigned:
                    false
                default: scalar != "\u{FFFD}"
                }
            }
    }

    private static func trimmed(_ bytes: some Collection<UInt8>) -> ArraySlice<UInt8> {
        let bytes = Array(bytes)
        guard let first = bytes.firstIndex(where: { !isBlank($0) }) else { return [] }
        let last = bytes.lastIndex { !isBlank($0) } ?? first
        return bytes[first...last]
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
