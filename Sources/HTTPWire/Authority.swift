// SPDX-License-Identifier: Apache-2.0

/// The grammar of a host with an optional port, as in `Host` and in an http URL (RFC 3986 §3.2, RFC 9110 §4.2).
///
/// Neither user information nor an empty host is taken; nginx refuses both as well. A port may be empty and is at most
/// 65535.
enum Authority {
    static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first else { return false }
        if first == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let literal = bytes[(bytes.startIndex + 1)..<close]
            return (isIPv6(literal) || isFutureAddress(literal)) && isPortPart(bytes[(close + 1)...])
        }
        let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        return colon > bytes.startIndex && isRegisteredName(bytes[..<colon]) && isPortPart(bytes[colon...])
    }

    /// Nothing, or a colon and a port.
    private static func isPortPart(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first else { return true }
        let port = bytes.dropFirst()
        return first == UInt8(ascii: ":") && (port.isEmpty || decimal(port).map { $0 <= 65535 } ?? false)
    }

    /// Covers IPv4 addresses, which are names as well.
    private static func isRegisteredName(_ bytes: ArraySlice<UInt8>) -> Bool {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == UInt8(ascii: "%") {
                guard bytes.endIndex - index > 2, hexValue(bytes[index + 1]) != nil, hexValue(bytes[index + 2]) != nil
                else { return false }
                index += 3
            } else {
                guard ByteClass.registeredName.contains(bytes[index]) else { return false }
                index += 1
            }
        }
        return true
    }

    /// `v`, hexadecimal digits, `.`, and name characters or colons.
    private static func isFutureAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let mark = bytes.first, lowercased(mark) == UInt8(ascii: "v"),
            let dot = bytes.firstIndex(of: UInt8(ascii: "."))
        else { return false }
        let version = bytes[(bytes.startIndex + 1)..<dot]
        let address = bytes[(dot + 1)...]
        return !version.isEmpty && version.allSatisfy { hexValue($0) != nil } && !address.isEmpty
            && address.allSatisfy { ByteClass.registeredName.contains($0) || $0 == UInt8(ascii: ":") }
    }

    /// Eight groups of up to four hexadecimal digits; one `::` stands for one or more of them, an IPv4 address for the
    /// last two.
    private static func isIPv6(_ bytes: ArraySlice<UInt8>) -> Bool {
        let colon = UInt8(ascii: ":")
        var groups = 0
        var isShortened = false
        var index = bytes.startIndex
        if bytes.first == colon {
            guard bytes.starts(with: [colon, colon]) else { return false }
            isShortened = true
            index += 2
        } else if bytes.isEmpty {
            return false
        }
        while index < bytes.endIndex {
            let start = index
            while index < bytes.endIndex, hexValue(bytes[index]) != nil { index += 1 }
            if index < bytes.endIndex, bytes[index] == UInt8(ascii: ".") {
                guard isIPv4(bytes[start...]) else { return false }
                groups += 2
                break
            }
            guard 1...4 ~= index - start else { return false }
            groups += 1
            if index == bytes.endIndex { break }
            guard bytes[index] == colon else { return false }
            index += 1
            guard index < bytes.endIndex else { return false }
            if bytes[index] == colon {
                if isShortened { return false }
                isShortened = true
                index += 1
            }
        }
        return isShortened ? groups < 8 : groups == 8
    }

    private static func isIPv4(_ bytes: ArraySlice<UInt8>) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                let isPlain = part.count == 1 || part.first != UInt8(ascii: "0")
                return isPlain && part.count <= 3 && decimal(part).map { $0 <= 255 } ?? false
            }
    }
}
