// SPDX-License-Identifier: Apache-2.0

/// A path into a JSON document (RFC 6901): empty for the whole, else `/name/0/…` with `~0` for `~` and `~1` for `/`.
package struct JSONPointer: Hashable, Sendable {
    private let tokens: [String]

    /// Nil unless the text is empty or begins with `/`, and each `~` is followed by 0 or 1.
    package init?(_ text: String) {
        guard !text.isEmpty else {
            tokens = []
            return
        }
        var decoded: [[UInt8]] = []
        var tildeBefore = false
        for byte in text.utf8 {
            if decoded.isEmpty && byte != UInt8(ascii: "/") { return nil }
            if tildeBefore {
                guard byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1") else { return nil }
                decoded[decoded.count - 1].append(UInt8(ascii: byte == UInt8(ascii: "0") ? "~" : "/"))
                tildeBefore = false
            } else if byte == UInt8(ascii: "/") {
                decoded.append([])
            } else if byte == UInt8(ascii: "~") {
                tildeBefore = true
            } else {
                decoded[decoded.count - 1].append(byte)
            }
        }
        guard !tildeBefore else { return nil }
        tokens = decoded.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The value it names in `document`, or nil.
    ///
    /// Of members with the same name the last counts.
    package func value(in document: JSONValue) -> JSONValue? {
        var current = document
        for token in tokens {
            switch current {
            case .object:
                guard let member = current[token] else { return nil }
                current = member
            case .array(let elements):
                guard let index = Self.index(token), index < elements.count else { return nil }
                current = elements[index]
            case .null, .bool, .number, .string:
                return nil
            }
        }
        return current
    }

    /// An array index: digits without a leading zero (RFC 6901 §4); nine of them are more than any document here has.
    private static func index(_ token: String) -> Int? {
        let digits = token.utf8
        guard (1...9).contains(digits.count), digits.allSatisfy(JSONByte.isDigit) else { return nil }
        if digits.count > 1, digits.first == UInt8(ascii: "0") { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
