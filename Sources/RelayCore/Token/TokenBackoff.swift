// SPDX-License-Identifier: Apache-2.0
package import RelayBase

/// How long the issuer is left alone after failures (R7).
///
/// It binds everybody: timer, requests and forced renewals.
package struct TokenBackoff: Sendable {
    private let first: Duration
    private let last: Duration
    private let isLocal: Bool
    /// Failures in a row.
    package private(set) var failures = 0
    /// Failures in a row of the same sort as the newest; the delay doubles with each.
    private var row = 0
    private var isDeterministic = false
    package private(set) var notBefore: Instant?

    static let deterministicFirst: Duration = .seconds(5)
    static let deterministicLast: Duration = .seconds(60)
    static let longestRetryAfter: Duration = .seconds(300)
    static let localDelay: Duration = .seconds(1)

    package init(renewal: TokenRenewal, isLocal: Bool) {
        first = isLocal ? Self.localDelay : max(renewal.backoffFirst, .milliseconds(1))
        last = isLocal ? Self.localDelay : max(renewal.backoffLast, first)
        self.isLocal = isLocal
    }

    /// Counts a failure.
    ///
    /// `draw` is a random number in 0..<1 that spreads the delay by a fifth to either side.
    package mutating func failed(_ failure: TokenFetchFailure, at now: Instant, draw: Double) {
        failures += 1
        let sort = failure.isDeterministic && !isLocal
        row = sort == isDeterministic ? row + 1 : 1
        isDeterministic = sort
        let base = sort ? max(first, Self.deterministicFirst) : first
        let cap = sort ? max(last, Self.deterministicLast) : last
        let delay = min(base * (1 << min(row - 1, 20)), cap)
        notBefore = now + (isLocal ? delay : delay * (0.8 + 0.4 * min(max(draw, 0), 1)))
        heed(failure.retryAfter, at: now)
    }

    /// Obeys the issuer's `Retry-After`, up to five minutes; it never shortens a delay.
    package mutating func heed(_ retryAfter: Duration?, at now: Instant) {
        guard let retryAfter, retryAfter > .zero else { return }
        let asked = now + min(retryAfter, Self.longestRetryAfter)
        notBefore = notBefore.map { max($0, asked) } ?? asked
    }

    package mutating func reset() {
        (failures, row, isDeterministic, notBefore) = (0, 0, false, nil)
    }
}
