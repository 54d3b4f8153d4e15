// SPDX-License-Identifier: Apache-2.0

/// What set a fetch off.
package enum TokenTrigger: String, CaseIterable, Hashable, Sendable {
    /// The first fetch after start.
    case start
    /// The renewal instant came, or a failed attempt is repeated without anyone waiting.
    case timer
    /// A request found the token stale, ended or missing.
    case demand
    /// The upstream refused the current token.
    case forced
    /// The source told of a new token (a changed file).
    case changed
    /// SIGHUP.
    case reload
}

/// What a source is told about the fetch it makes.
package struct TokenFetchContext: Sendable {
    package var trigger: TokenTrigger
    /// The moment before the fetch; lifetimes count from here, absolute expiries are compared with its wall clock.
    package var startedAt: TokenTime
    /// Limit of the whole fetch; the cache counts it as failed then, whatever the source does.
    package var timeout: Duration
    /// The token the upstream refused, if this fetch is forced.
    package var rejected: Secret?

    package init(trigger: TokenTrigger, startedAt: TokenTime, timeout: Duration, rejected: Secret? = nil) {
        (self.trigger, self.startedAt, self.timeout, self.rejected) = (trigger, startedAt, timeout, rejected)
    }
}

/// What the lifecycle must know about a kind of source.
package struct TokenSourceTraits: Hashable, Sendable {
    /// False for a fixed token: it is fetched once, and a 401 passes through.
    package var isRenewable: Bool
    /// True if a fetch only reads this machine (a file): back-off and cool-down then stay at one second.
    package var isLocal: Bool
    /// How often the cache asks `hasChanged`; nil: never.
    package var pollInterval: Duration?

    package init(isRenewable: Bool = true, isLocal: Bool = false, pollInterval: Duration? = nil) {
        (self.isRenewable, self.isLocal, self.pollInterval) = (isRenewable, isLocal, pollInterval)
    }
}
