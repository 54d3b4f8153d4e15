// SPDX-License-Identifier: Apache-2.0

/// Base64 without Foundation: encoding for Basic credentials, the URL form's decoding for JWTs.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// RFC 4648 §4, with padding.
    package static func encoded(_ bytes: some Collection<UInt8>) -> String {
        var result: [UInt8] = []
        var group: UInt32 = 0
        var held = 0
        func flush() {
            let padded = group << UInt32(8 * (3 - held))
            for index in 0..<4 {
                let sextet = Int(padded >> UInt32(18 - 6 * index) & 63)
                result.append(index <= held ? alphabet[sextet] : UInt8(ascii: "="))
            }
            (group, held) = (0, 0)
        }
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            held += 1
            if held == 3 { flush() }
        }
        if held > 0 { flush() }
        return String(decoding: result, as: UTF8.self)
    }

    /// RFC 4648 §5 as JWTs use it (RFC 7515 §2): no padding is needed, and some is forgiven.
    ///
    /// Nil if it is not that.
    package static func decodedURL(_ text: some Collection<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var group: UInt32 = 0
        var bits = 0
        var padding = 0
        for byte in text {
            let sextet: UInt8
            switch byte {
            case 0x41...0x5A: sextet = byte - 0x41
            case 0x61...0x7A: sextet = byte - 0x61 + 26
            case 0x30...0x39: sextet = byte - 0x30 + 52
            case UInt8(ascii: "-"): sextet = 62
            case UInt8(ascii: "_"): sextet = 63
            case UInt8(ascii: "="):
                padding += 1
                continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            group = (group << 6 | UInt32(sextet)) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return padding <= 2 && bits < 6 ? result : nil
    }
}
