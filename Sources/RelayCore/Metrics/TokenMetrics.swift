// SPDX-License-Identifier: Apache-2.0

import RelayBase

/// What made the token be fetched.
package enum RenewalTrigger: String, CaseIterable, Sendable {
    /// Its time had come.
    case timer
    /// A request needed one and there was none.
    case demand
    /// Upstream refused it.
    case forced
}

package enum RenewalResult: String, CaseIterable, Sendable { case success, failure }

/// Counts fetches of the token and keeps the last failure.
///
/// Behind a lock: fetches are seconds apart. Owned by whoever owns the token.
package final class TokenMetrics: Sendable {
    private let state = Lock(TokenRenewals())

    package init() {}

    /// - Parameters:
    ///   - duration: of the call to the source.
    ///   - unixTime: when it ended, in nanoseconds since 1970.
    ///   - failure: nil if it brought a token.
    package func renewalEnded(
        _ trigger: RenewalTrigger, duration: Duration, unixTime: Int64, failure: TokenFetchFailure? = nil
    ) {
        state.withLock { state in
            state.counts[trigger.position * 2 + (failure == nil ? 0 : 1)] += 1
            state.duration.record(nanoseconds: duration.nanoseconds)
            if let failure {
                state.lastFailure = TokenRenewals.Failure(failure: failure, unixTime: unixTime)
                state.failuresInARow += 1
            } else {
                state.failuresInARow = 0
                state.lastSuccess = unixTime
            }
        }
    }

    package var renewals: TokenRenewals { state.withLock { $0 } }
}

/// The count of fetches so far.
package struct TokenRenewals: Sendable {
    package struct Failure: Sendable {
        package var failure: TokenFetchFailure
        /// Nanoseconds since 1970.
        package var unixTime: Int64
    }

    /// By trigger, success before failure.
    fileprivate var counts = [UInt64](repeating: 0, count: RenewalTrigger.allCases.count * 2)
    package fileprivate(set) var duration = HistogramSnapshot(.renewals)
    package fileprivate(set) var lastFailure: Failure?
    /// Nanoseconds since 1970.
    package fileprivate(set) var lastSuccess: Int64?
    package fileprivate(set) var failuresInARow = 0

    package init() {}

    package func count(_ trigger: RenewalTrigger, _ result: RenewalResult) -> UInt64 {
        counts[trigger.position * 2 + result.position]
    }

    package func count(_ result: RenewalResult) -> UInt64 {
        RenewalTrigger.allCases.reduce(0) { $0 + count($1, result) }
    }
}

/// The token at the time of a scrape, taken from its cache; never the token itself.
package struct TokenMetricsSnapshot: Sendable {
    /// Negative once it has ended; nil if there is none or it has no end.
    package var secondsToExpiry: Double?
    package var ageSeconds: Double?
    /// Seconds from now to the next renewal, nil if none is planned.
    package var nextRenewalSeconds: Double?
    package var lifetimeSeconds: Double?
    /// 0 before the first token.
    package var generation: UInt64
    /// fresh, stale, last, expired, none.
    package var state: String
    /// Requests that wait for a token.
    package var waiters: Int
    package var renewals: TokenRenewals

    package init(
        secondsToExpiry: Double? = nil, ageSeconds: Double? = nil, nextRenewalSeconds: Double? = nil,
        lifetimeSeconds: Double? = nil, generation: UInt64 = 0, state: String = "none", waiters: Int = 0,
        renewals: TokenRenewals = TokenRenewals()
    ) {
        (self.secondsToExpiry, self.ageSeconds) = (secondsToExpiry, ageSeconds)
        (self.nextRenewalSeconds, self.lifetimeSeconds) = (nextRenewalSeconds, lifetimeSeconds)
        (self.generation, self.state, self.waiters, self.renewals) = (generation, state, waiters, renewals)
    }
}

/// What the system says about the process; read by the rim at each scrape.
package struct ProcessSnapshot: Sendable {
    package var cpuSeconds: Double
    package var residentBytes: UInt64
    package var virtualBytes: UInt64
    package var openDescriptors: UInt64
    package var maximumDescriptors: UInt64
    package var threads: UInt64
    /// Seconds since 1970.
    package var startTime: Double

    package init(
        cpuSeconds: Double, residentBytes: UInt64, virtualBytes: UInt64, openDescriptors: UInt64,
        maximumDescriptors: UInt64, threads: UInt64, startTime: Double
    ) {
        (self.cpuSeconds, self.residentBytes, self.virtualBytes) = (cpuSeconds, residentBytes, virtualBytes)
        (self.openDescriptors, self.maximumDescriptors) = (openDescriptors, maximumDescriptors)
        (self.threads, self.startTime) = (threads, startTime)
    }
}
