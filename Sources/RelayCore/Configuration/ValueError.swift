// SPDX-License-Identifier: Apache-2.0

/// Why a value was refused: the predicate of the message, beginning with its verb, never holding the value itself.
///
/// The reader puts the variable and, where that is no secret, the quoted value in front of it.
package struct ValueError: Error, Hashable, Sendable {
    package var text: String
    package init(_ text: String) { self.text = text }
}

/// Readers of configuration values: text in, a typed value or a `ValueError` out.
package enum ConfigurationValue {
    /// `true`, `false` and their usual spellings, whatever the case.
    package static func boolean(_ text: String) throws(ValueError) -> Bool {
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default: throw ValueError("is neither true nor false")
        }
    }

    /// One of a closed set of words, whatever the case.
    package static func choice<T: RawRepresentable<String> & CaseIterable>(_ text: String) throws(ValueError) -> T {
        let wanted = text.lowercased()
        for candidate in T.allCases where candidate.rawValue == wanted { return candidate }
        throw ValueError("is none of \(T.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    /// Items between commas or line ends, trimmed; empty ones are dropped.
    package static func list(_ text: String) -> [String] {
        text.split { $0 == "," || $0.isNewline }.map { trimmed(String($0)) }.filter { !$0.isEmpty }
    }

    /// The text without spaces, tabs and line ends around it.
    package static func trimmed(_ text: some StringProtocol) -> String {
        var rest = Substring(text)
        while let first = rest.first, first == " " || first == "\t" || first.isNewline { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" || last.isNewline { rest.removeLast() }
        return String(rest)
    }

    /// Whether the text is one HTTP token (RFC 9110 §5.6.2), as field names and schemes are.
    package static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Whether every byte is visible ASCII: what a bearer token or a key may consist of.
    package static func isVisible(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Whether the text holds a control character, which no single-line value may.
    package static func hasControl(_ text: String) -> Bool {
        text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
    }

    /// Whether the text can name an environment variable.
    package static func isVariableName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "_") }
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
}
