// SPDX-License-Identifier: Apache-2.0

/// All that is remembered of one exchange when it is over: one access-log line, and its metrics.
package struct ExchangeRecord: Sendable {
    /// When the exchange ended, in nanoseconds since 1970 (UTC).
    package var endedAt: Int64
    package var requestID: String
    /// The name that goes with the client's key, `anonymous`, or nil if it was turned away before.
    package var client: String?
    package var endpoint: Endpoint = .unknown
    package var method: String
    /// As the client spelled it, without the query.
    package var path: String
    /// What went to the client, or 499 if nothing did.
    package var status: Int
    /// What upstream answered last, if it did.
    package var upstreamStatus: Int?
    /// Body bytes from the client.
    package var bytesIn: UInt64 = 0
    /// Body bytes to the client.
    package var bytesOut: UInt64 = 0
    /// Body pieces that came from upstream.
    package var pieces: UInt64 = 0
    /// Time spent waiting for a place.
    package var queue: Duration?
    /// Time spent waiting for a token.
    package var token: Duration?
    /// From the request's first byte to the first byte of upstream's head.
    package var firstByte: Duration?
    package var total: Duration = .zero
    /// The part of `total` spent in the relay itself: neither waiting for a place, a token, upstream or the client.
    package var overhead: Duration?
    package var outcome: ExchangeOutcome = .ok
    /// Whether it was sent again after a 401.
    package var replayed = false
    /// Whether the client had got the head when the outcome was decided; a failure after that is a torn answer.
    package var headSent = false

    package init(endedAt: Int64, requestID: String, method: String, path: String, status: Int) {
        (self.endedAt, self.requestID, self.method) = (endedAt, requestID, method)
        (self.path, self.status) = (path, status)
    }

    /// The level of its access-log line; a probe that went well is worth one only to who debugs.
    package var level: LogLevel { endpoint.isLocal && outcome == .ok ? .debug : outcome.level }
}

/// How an exchange ended.
package enum ExchangeOutcome: Hashable, Sendable {
    /// An answer below 400 went out whole.
    case ok
    /// Upstream's own answer of 400 or above went out whole.
    case upstreamStatus
    case failed(RelayFailure)

    package var label: String {
        switch self {
        case .ok: "ok"
        case .upstreamStatus: "upstream_status"
        case .failed(let failure): failure.outcome
        }
    }

    /// Whose doing it is; nil if all went well.
    package var side: FailureSide? {
        switch self {
        case .ok: nil
        case .upstreamStatus: .upstream
        case .failed(let failure): failure.side
        }
    }

    package var level: LogLevel {
        switch self {
        case .ok: .info
        case .upstreamStatus: .warn
        case .failed(let failure): failure.level
        }
    }

    /// Whether the status page counts it among the errors: a client that goes away is nobody's error.
    package var isError: Bool {
        switch self {
        case .ok, .failed(.clientGone): false
        case .upstreamStatus, .failed: true
        }
    }
}
