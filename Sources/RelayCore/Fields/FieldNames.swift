// SPDX-License-Identifier: Apache-2.0

/// Field names by what the relay does with them.
///
/// Each question costs one length and at most a few comparisons.
enum FieldNames {
    /// Ends at this hop in both directions, whether or not `Connection` names it (RFC 9110 §7.6.1).
    static func isHopByHop(_ name: String) -> Bool {
        switch name.utf8.count {
        case 2: isSame(name, "te")
        case 7: isSame(name, "trailer") || isSame(name, "upgrade")
        case 10: isSame(name, "connection") || isSame(name, "keep-alive")
        case 16: isSame(name, "proxy-connection")
        case 17: isSame(name, "transfer-encoding")
        default: false
        }
    }

    /// Never goes upstream: the client's credentials and route, and what the relay or its transport sets itself.
    static func isRemovedFromRequests(_ name: String) -> Bool {
        let isListed =
            switch name.utf8.count {
            case 4: isSame(name, "host")
            case 6: isSame(name, "cookie") || isSame(name, "expect")
            case 7: isSame(name, "api-key")
            case 9: isSame(name, "x-api-key") || isSame(name, "forwarded")
            case 12: isSame(name, "x-request-id")
            case 13: isSame(name, "authorization")
            case 14: isSame(name, "content-length")
            case 15: isSame(name, "accept-encoding")
            default: false
            }
        if isListed || isHopByHop(name) { return true }
        return switch name.utf8.first {
        case UInt8(ascii: "p"), UInt8(ascii: "P"): begins(name, "proxy-")
        case UInt8(ascii: "x"), UInt8(ascii: "X"): begins(name, "x-forwarded-") || begins(name, "x-stainless-")
        default: false
        }
    }

    /// Compares names as servers behind a gateway do that fold them into variables: without regard to the case of ASCII
    /// letters, and `_` like `-`, so that `X_Api_Key` is no way around a removal.
    static func isSame(_ name: String, _ other: String) -> Bool {
        name.utf8.count == other.utf8.count && begins(name, other)
    }

    static func begins(_ name: String, _ prefix: String) -> Bool {
        let (name, prefix) = (name.utf8Span.span, prefix.utf8Span.span)
        guard name.count >= prefix.count else { return false }
        for index in prefix.indices where folded(name[index]) != folded(prefix[index]) { return false }
        return true
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "_"): UInt8(ascii: "-")
        default: byte
        }
    }
}
