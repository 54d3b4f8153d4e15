// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address in text, as its 4 or 16 bytes.
///
/// Strict on purpose: `127.1`, `0x7f.1` and octets with leading zeros mean different hosts to different resolvers.
package struct IPLiteral: Hashable, Sendable {
    package let bytes: [UInt8]

    package init?(_ text: some StringProtocol) {
        guard let bytes = Self.v4(text) ?? Self.v6(text) else { return nil }
        self.bytes = bytes
    }

    package var isV6: Bool { bytes.count == 16 }

    /// 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104.
    package var isLoopback: Bool {
        if let embedded { return embedded[0] == 127 }
        return bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// 169.254.0.0/16 and fe80::/10.
    package var isLinkLocal: Bool {
        if let embedded { return embedded[0] == 169 && embedded[1] == 254 }
        return bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
    }

    /// 0.0.0.0 and ::, which stand for every interface.
    package var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

    /// The IPv4 bytes, also of a mapped address.
    private var embedded: [UInt8]? {
        if !isV6 { return bytes }
        return bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]) ? Array(bytes.suffix(4)) : nil
    }

    private static func v4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(ConfigurationValue.isDigit),
                part.count == 1 || part.first != UInt8(ascii: "0"),
                let octet = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            bytes.append(octet)
        }
        return bytes
    }

    private static func v6(_ text: some StringProtocol) -> [UInt8]? {
        // A zone (fe80::1%eth0) names an interface, not an address.
        let address = text.prefix { $0 != "%" }
        let colons = Array(address.utf8)
        var gap: Int?
        for index in colons.indices.dropLast()
        where colons[index] == UInt8(ascii: ":") && colons[index + 1] == UInt8(ascii: ":") {
            guard gap == nil else { return nil }
            gap = index
        }
        guard let gap else {
            let groups = groups(colons[...], mayEndInQuad: true)
            return groups?.count == 16 ? groups : nil
        }
        guard let head = groups(colons[..<gap], mayEndInQuad: false),
            let tail = groups(colons[(gap + 2)...], mayEndInQuad: true),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// Colon-separated groups of one to four hex digits.
    private static func groups(_ text: ArraySlice<UInt8>, mayEndInQuad: Bool) -> [UInt8]? {
        if text.isEmpty { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let group = String(decoding: part, as: UTF8.self)
            if mayEndInQuad, index == parts.count - 1, let quad = v4(group) {
                bytes += quad
            } else {
                guard (1...4).contains(part.count), part.allSatisfy(isHex), let value = UInt16(group, radix: 16) else {
                    return nil
                }
                bytes += [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
            }
        }
        return bytes
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        ConfigurationValue.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
