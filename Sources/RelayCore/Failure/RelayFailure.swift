// SPDX-License-Identifier: Apache-2.0

/// Everything that can go wrong with one exchange by the relay's own judgement: a closed set, by source and kind.
///
/// What an upstream answers itself (its 4xx and 5xx) is not a failure and passes unchanged. A case carries only what its
/// text needs, and nothing that came from upstream or from the configuration's secrets.
package enum RelayFailure: Error, Hashable, Sendable {
    // The client's request.

    /// The text is the relay's own wording ("bare LF in a field line"), never the client's bytes unquoted.
    case badRequest(String)
    /// `lacksURL`: it would be served if a URL for it were configured.
    case unknownEndpoint(path: String, lacksURL: Bool = false)
    /// `allow` is the value of the Allow field: `GET, POST`.
    case methodNotAllowed(allow: String)
    /// Head or body did not arrive in time.
    case requestTimeout
    /// Limit in bytes.
    case bodyTooLarge(limit: Int)
    /// Limit in bytes.
    case uriTooLong(limit: Int)
    case expectationFailed
    case headersTooLarge(HeaderLimit)
    /// An unknown transfer coding or method.
    case notImplemented
    case versionNotSupported
    case clientKeyRejected
    case rateLimited(RateLimit, retryAfter: Duration)

    // The way to upstream, and its answer.

    case upstreamUnreachable(Unreachable)
    /// Closed or reset before a whole head arrived.
    case upstreamReset
    /// What arrived is not HTTP, or not an answer to what was asked.
    case upstreamBadResponse
    case upstreamTimeout(UpstreamClock)
    case upstreamTLSFailed
    case upstreamProxyRefused
    /// 401 again after the one replay, or during the cool-down of forced renewals.
    case upstreamAuthRejected
    /// Lost after its head went to the client.
    case upstreamStreamInterrupted

    // The issuer.

    /// `retryAfter` is the time to the next attempt.
    case tokenUnavailable(retryAfter: Duration)

    // The relay itself.

    case overloaded(Resource)
    case draining
    case `internal`

    // The client's connection. Nobody is left to answer.

    /// FIN, RST or a failed write while its answer was owed.
    case clientGone
    /// It took no byte for `RELAY_CLIENT_WRITE_TIMEOUT`.
    case clientWriteTimeout

    package enum HeaderLimit: Hashable, Sendable {
        case bytes(Int)
        case fields(Int)
    }

    package enum RateLimit: String, CaseIterable, Sendable {
        /// `RELAY_QUEUE` places are taken.
        case queueFull = "queue_full"
        /// `RELAY_QUEUE_WAIT` passed.
        case queueWait = "queue_wait"
        /// `RELAY_CLIENT_LIMITS`.
        case client
    }

    package enum Unreachable: String, CaseIterable, Sendable { case unresolved, refused, network }

    package enum UpstreamClock: String, CaseIterable, Sendable {
        case connect
        case firstByte = "first_byte"
        case idle, total

        /// Which sets it.
        package var variable: String { "RELAY_\(rawValue.uppercased())_TIMEOUT" }
    }

    package enum Resource: String, CaseIterable, Sendable { case connections, bodies, descriptors }
}

/// Whose doing it is: the `side` of a log line.
package enum FailureSide: String, CaseIterable, Sendable { case client, relay, upstream, issuer }
