// SPDX-License-Identifier: Apache-2.0

/// The writing of octets in corpus files: printable ASCII as it is, the rest as `\r`, `\n`, `\t`, `\0`, `\\`, `\xHH`.
///
/// Line ends of the file itself mean nothing, so that a message can be laid out in lines.
package enum Escapes {
    package struct Malformed: Error { package let text: String }

    package static func decode(_ text: some StringProtocol) throws -> [UInt8] {
        var octets: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\n") { continue }
            guard byte == UInt8(ascii: "\\") else {
                octets.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): octets.append(0x0D)
            case UInt8(ascii: "n"): octets.append(0x0A)
            case UInt8(ascii: "t"): octets.append(0x09)
            case UInt8(ascii: "0"): octets.append(0x00)
            case UInt8(ascii: "\\"): octets.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "x"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                    throw Malformed(text: String(text))
                }
                octets.append(value)
                rest = rest.dropFirst(2)
            default: throw Malformed(text: String(text))
            }
        }
        return octets
    }

    package static func encode(_ octets: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in octets {
            switch byte {
            case 0x0D: text += "\\r"
            case 0x0A: text += "\\n"
            case 0x09: text += "\\t"
            case 0x00: text += "\\0"
            case UInt8(ascii: "\\"): text += "\\\\"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text
    }
}
