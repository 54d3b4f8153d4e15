// SPDX-License-Identifier: Apache-2.0

/// The two escapings a token request needs; Foundation's leave `+` and more unescaped.
package enum FormEncoding {
    /// `application/x-www-form-urlencoded` (RFC 6749 appendix B): space becomes `+`, all but `A-Z a-z 0-9 - . _ *` is
    /// percent-encoded.
    package static func form(_ text: String) -> String {
        escaped(text) { byte in byte == 0x20 ? "+" : byte == 0x2A || byte != 0x7E && isUnreserved(byte) ? nil : "" }
    }

    /// RFC 3986 §2.3: all but `A-Z a-z 0-9 - . _ ~` is percent-encoded, so the text is safe in any part of a URL.
    package static func percent(_ text: String) -> String {
        escaped(text) { byte in isUnreserved(byte) ? nil : "" }
    }

    /// Names and values in order, joined as a form body.
    package static func body(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { form($0.name) + "=" + form($0.value) }.joined(separator: "&")
    }

    /// `replacement` returns nil to keep the byte, "" to percent-encode it, or what stands for it.
    private static func escaped(_ text: String, _ replacement: (UInt8) -> String?) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            guard let other = replacement(byte) else {
                result.append(byte)
                continue
            }
            result += other.isEmpty ? [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]] : Array(other.utf8)
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}
