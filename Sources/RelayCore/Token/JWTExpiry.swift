// SPDX-License-Identifier: Apache-2.0

/// What a JWT says about itself.
///
/// A hint, never verified: the relay is no relying party and holds no key.
package enum JWTExpiry {
    /// Whether the token has the three parts of a signed JWT, with an object in the middle.
    package static func isJWT(_ token: String) -> Bool { claims(of: token) != nil }

    /// Milliseconds since 1970 at which the token says it ends; nil if it is no JWT or says nothing usable.
    ///
    /// `exp` is a NumericDate (RFC 7519 §4.1.4); issuers that write milliseconds or a string are understood, a time
    /// before 2001 is not a time.
    package static func epochMilliseconds(of token: String) -> Int64? {
        guard let value = claims(of: token)?["exp"], let number = WireNumber(value)?.value else { return nil }
        switch number {
        case ExpiryReader.epochSecondsRange: return Int64(number * 1_000)
        case ExpiryReader.epochMillisecondsRange: return Int64(number)
        default: return nil
        }
    }

    private static func claims(of token: String) -> JSONValue? {
        let parts = token.utf8.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Base64.decodedURL(parts[1]),
            let claims = try? JSONValue(parsing: payload), case .object = claims
        else { return nil }
        return claims
    }
}
