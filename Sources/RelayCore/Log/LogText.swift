// SPDX-License-Identifier: Apache-2.0

/// Escapes text for a log line, so that nothing a client sends can end the line, forge another or move a terminal.
enum LogText {
    /// Appends `text` without quotes, valid inside a JSON string and inside a quoted value of the text format.
    ///
    /// Escaped are the quote, the backslash, and every control, format and separator character: line ends in all their
    /// spellings, ESC, the C1 set, and marks that turn the direction of text.
    /// - Parameter limit: of bytes; what is beyond is cut, and `...` says so.
    static func append(_ text: String, limit: Int, to bytes: inout [UInt8]) {
        if text.utf8.count <= limit && isUnescaped(text) {
            bytes.append(contentsOf: text.utf8)
            return
        }
        let end = bytes.count + limit
        for scalar in text.unicodeScalars {
            guard bytes.count < end else {
                bytes.append(contentsOf: "...".utf8)
                return
            }
            switch scalar {
            case "\"": bytes.append(contentsOf: "\\\"".utf8)
            case "\\": bytes.append(contentsOf: "\\\\".utf8)
            case "\n": bytes.append(contentsOf: "\\n".utf8)
            case "\r": bytes.append(contentsOf: "\\r".utf8)
            case "\t": bytes.append(contentsOf: "\\t".utf8)
            case " "..."~": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            default: appendOther(scalar, to: &bytes)
            }
        }
    }

    private static func appendOther(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                bytes.append(contentsOf: "\\u".utf8)
                bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
                bytes.append(contentsOf: digits.utf8)
            }
        default: bytes.append(contentsOf: String(scalar).utf8)
        }
    }

    /// Whether a value of the text format can stand without quotes.
    static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                isUnescaped(byte) && byte != 0x20 && byte != UInt8(ascii: "=")
            }
    }

    private static func isUnescaped(_ text: String) -> Bool {
        let octets = text.utf8Span.span
        for index in octets.indices where !isUnescaped(octets[index]) { return false }
        return true
    }

    private static func isUnescaped(_ byte: UInt8) -> Bool {
        0x20...0x7E ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
