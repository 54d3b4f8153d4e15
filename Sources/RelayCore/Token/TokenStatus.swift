// SPDX-License-Identifier: Apache-2.0
import RelayBase

/// The token's state as readiness, metrics and the status page show it.
///
/// Never holds the token.
package struct TokenStatus: Sendable {
    package struct Failure: Sendable {
        package var failure: TokenFetchFailure
        /// How long ago.
        package var age: Duration
    }

    package var phase: TokenPhase
    package var isRenewable: Bool
    /// A request would be served: a token is at hand, or was let go of only because nobody asked for long.
    package var isReady: Bool
    /// Nobody has used the token for `RELAY_TOKEN_IDLE_STOP`; it is not renewed until someone does.
    package var isIdle: Bool
    /// 0: none has been had.
    package var generation: UInt64
    package var kind: TokenGrant.Kind?
    package var age: Duration?
    /// From the moment before its fetch; nil: no end of its own.
    package var lifetime: Duration?
    package var remaining: Duration?
    /// Time until the next fetch starts by itself, zero if it is due; nil: none is planned.
    package var renewIn: Duration?
    /// What set off the fetch that is in flight.
    package var renewing: TokenTrigger?
    package var waiters: Int
    /// The newest failure, healed since or not.
    package var lastFailure: Failure?
    /// Failures in a row.
    package var failures: Int
    package var counters: TokenCounters
}

extension TokenLifecycle {
    package func status(at now: TokenTime) -> TokenStatus {
        let phase = current?.phase(at: now) ?? .never
        let idle = isIdle(at: now)
        var counted = counters
        counted.rivalrySigns = rivalry.signs
        let isReady =
            switch phase {
            case .fresh, .stale, .last: true
            case .never: false
            case .expired: idle && backoff.failures == 0 && !isStopped
            }
        let due = flight == nil ? renewalDue.flatMap { $0 <= now.instant && idle ? nil : $0 } : nil
        return TokenStatus(
            phase: phase, isRenewable: traits.isRenewable, isReady: isReady, isIdle: idle,
            generation: current?.generation ?? 0, kind: current?.kind, age: current?.age(at: now),
            lifetime: current?.schedule?.lifetime, remaining: current?.remaining(at: now),
            renewIn: due.map { max(.zero, $0 - now.instant) }, renewing: flight?.trigger, waiters: waiters.count,
            lastFailure: lastFailure.map { TokenStatus.Failure(failure: $0.failure, age: now.instant - $0.at.instant) },
            failures: backoff.failures, counters: counted)
    }
}
