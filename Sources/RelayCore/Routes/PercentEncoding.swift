// SPDX-License-Identifier: Apache-2.0

/// Percent-encoding of URLs (RFC 3986 §2.1), on bytes.
package enum PercentEncoding {
    /// Encodes everything but the unreserved characters, so that the result is one path segment or one query value.
    package static func encode(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isUnreserved(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result.append("%")
                result.unicodeScalars.append(Unicode.Scalar(digit(byte >> 4)))
                result.unicodeScalars.append(Unicode.Scalar(digit(byte & 15)))
            }
        }
        return result
    }

    /// Decodes once; nil if a `%` is not followed by two hexadecimal digits.
    package static func decode(_ bytes: some Sequence<UInt8>) -> [UInt8]? {
        decode(bytes, keepsMalformed: false)
    }

    /// Decodes once; a `%` without two hexadecimal digits stands for itself.
    package static func decodeLeniently(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        decode(bytes, keepsMalformed: true) ?? []
    }

    private static func decode(_ bytes: some Sequence<UInt8>, keepsMalformed: Bool) -> [UInt8]? {
        let source = Array(bytes)
        var result: [UInt8] = []
        result.reserveCapacity(source.count)
        var index = 0
        while index < source.count {
            let byte = source[index]
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                index += 1
                continue
            }
            if index + 2 < source.count, let high = value(source[index + 1]), let low = value(source[index + 2]) {
                result.append(high << 4 | low)
                index += 3
            } else if keepsMalformed {
                result.append(byte)
                index += 1
            } else {
                return nil
            }
        }
        return result
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") - 10 + value
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
