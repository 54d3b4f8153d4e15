// SPDX-License-Identifier: Apache-2.0

/// One field line: a name in its own spelling and a value as the bytes on the wire (RFC 9110 §5).
///
/// Names are ASCII tokens. A value may hold any octet but NUL, CR, LF and the other controls, so it is kept as octets:
/// Latin-1 and UTF-8 alike come out as they went in. `value` is a reading of those octets, for comparing and for
/// setting; a field that is passed on is passed on whole, never through `value`.
package struct Field: Hashable, Sendable {
    package var name: String
    package var valueBytes: [UInt8]

    package init(name: String, valueBytes: [UInt8]) {
        self.name = name
        self.valueBytes = valueBytes
    }

    /// Makes a field whose value is the UTF-8 of `value`.
    package init(name: String, value: String) {
        self.init(name: name, valueBytes: Array(value.utf8))
    }

    /// The value as text: its octets read as UTF-8, or as Latin-1 if they are not UTF-8; set, it is written as UTF-8.
    package var value: String {
        get { wireText(valueBytes) }
        set { valueBytes = Array(newValue.utf8) }
    }

    /// Whether the field may be written as it is: a token for a name, no control but HTAB in the value.
    package var isWellFormed: Bool { Self.isName(name) && Self.isValue(valueBytes) }

    /// Whether `text` is a field name, which is to say a token.
    package static func isName(_ text: String) -> Bool { isToken(text.utf8) }

    /// Whether `bytes` can be a field value: no control but HTAB, no white space at either end (RFC 9110 §5.5).
    package static func isValue(_ bytes: [UInt8]) -> Bool {
        if let first = bytes.first, isBlank(first) { return false }
        if let last = bytes.last, isBlank(last) { return false }
        return bytes.allSatisfy(isValueByte)
    }

    /// Whether two names are the same field: ASCII letters without regard to case.
    package static func sameName(_ a: String, _ b: String) -> Bool {
        // Most differ in length, which costs a tenth of looking at the bytes.
        a.utf8.count == b.utf8.count && equalIgnoringCase(a.utf8Span.span, b.utf8Span.span)
    }
}

extension Field: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says the name and how long the value is, never the value: it may be a token.
    package var description: String { "\(name): (\(valueBytes.count) octets)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
