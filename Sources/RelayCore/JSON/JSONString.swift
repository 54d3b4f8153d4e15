// SPDX-License-Identifier: Apache-2.0
import HTTPWire

/// Reading and writing the contents of JSON strings (RFC 8259 §7).
enum JSONString {
    /// The text of a string that `JSONScanner` has accepted, escapes decoded.
    ///
    /// A surrogate escape without its partner becomes U+FFFD: Python and JavaScript can write such strings, and no
    /// UTF-8 text can hold them.
    static func decode(_ token: JSONStringToken, _ bytes: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        guard token.isEscaped else {
            text.append(copying: bytes.extracting(token.contents))
            return text
        }
        text.reserveCapacity(token.contents.count)
        var offset = token.contents.lowerBound
        while offset < token.contents.upperBound {
            let byte = bytes[offset]
            guard byte == JSONByte.backslash else {
                text.append(byte)
                offset += 1
                continue
            }
            let scalar: Unicode.Scalar
            (scalar, offset) = decodeEscape(at: offset, end: token.contents.upperBound, bytes)
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
        return text
    }

    /// The scalar of the escape whose backslash stands at `start`, and the offset behind it.
    static func decodeEscape(at start: Int, end: Int, _ bytes: Span<UInt8>) -> (Unicode.Scalar, Int) {
        switch start + 1 < end ? bytes[start + 1] : 0 {
        case UInt8(ascii: "b"): return ("\u{8}", start + 2)
        case UInt8(ascii: "f"): return ("\u{C}", start + 2)
        case UInt8(ascii: "n"): return ("\n", start + 2)
        case UInt8(ascii: "r"): return ("\r", start + 2)
        case UInt8(ascii: "t"): return ("\t", start + 2)
        case UInt8(ascii: "u"): break
        case let other: return (Unicode.Scalar(other), start + 2)
        }
        guard let first = codeUnit(at: start, end: end, bytes) else { return ("\u{FFFD}", min(start + 2, end)) }
        if let scalar = Unicode.Scalar(first) { return (scalar, start + 6) }
        guard first < 0xDC00, let second = codeUnit(at: start + 6, end: end, bytes), 0xDC00...0xDFFF ~= second,
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { return ("\u{FFFD}", start + 6) }
        return (scalar, start + 12)
    }

    /// The four hexadecimal digits of `\uXXXX` at `start`, or nil if no such escape stands there.
    private static func codeUnit(at start: Int, end: Int, _ bytes: Span<UInt8>) -> UInt32? {
        guard start + 6 <= end, bytes[start] == JSONByte.backslash, bytes[start + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt32 = 0
        for offset in (start + 2)..<(start + 6) {
            guard let digit = JSONByte.hexadecimal(bytes[offset]) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    /// Appends `text`, escaped as the contents of a string: quote, backslash and control characters only.
    static func escape(_ text: some Sequence<UInt8>, into bytes: inout [UInt8]) {
        for byte in text {
            switch byte {
            case JSONByte.quote: bytes.append(contentsOf: [JSONByte.backslash, JSONByte.quote])
            case JSONByte.backslash: bytes.append(contentsOf: [JSONByte.backslash, JSONByte.backslash])
            case 0x08: bytes.append(contentsOf: [JSONByte.backslash, UInt8(ascii: "b")])
            case 0x09: bytes.append(contentsOf: [JSONByte.backslash, UInt8(ascii: "t")])
            case 0x0A: bytes.append(contentsOf: [JSONByte.backslash, UInt8(ascii: "n")])
            case 0x0C: bytes.append(contentsOf: [JSONByte.backslash, UInt8(ascii: "f")])
            case 0x0D: bytes.append(contentsOf: [JSONByte.backslash, UInt8(ascii: "r")])
            case 0..<0x20:
                bytes.append(contentsOf: Array("\\u00".utf8))
                bytes.append(0x30 + byte >> 4)
                bytes.append(Array("0123456789abcdef".utf8)[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
    }
}

/// `text` as the contents of a JSON string, without the quotes.
package func jsonEscaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    JSONString.escape(text.utf8, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
}
