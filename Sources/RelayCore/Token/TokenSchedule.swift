// SPDX-License-Identifier: Apache-2.0
import RelayBase

/// The ages at which a token is renewed, no longer used without waiting, and over.
///
/// All counted from the moment before its fetch began. **Invariant**: 0 < renewAfter <= blockAfter <= lastCallAfter <=
/// lifetime.
package struct TokenSchedule: Hashable, Sendable {
    /// From here the token is stale: used, and renewed behind the request.
    package let renewAfter: Duration
    /// From here a request waits for the renewal.
    package let blockAfter: Duration
    /// From here a request that waits takes the old token: just before the end.
    package let lastCallAfter: Duration
    /// From here the token is never sent.
    package let lifetime: Duration

    /// - Parameters:
    ///   - lifetime: more than zero.
    ///   - refreshIn: the issuer's hint; ignored outside (0, lifetime).
    ///   - draw: a random number in 0..<1, drawn once a token, so that replicas spread.
    package init(lifetime: Duration, refreshIn: Duration?, renewal: TokenRenewal, draw: Double) {
        // Whole nanoseconds, as instants have: else a timer would fire a fraction before the age it was set for.
        let lifetime = lifetime.wholeNanoseconds
        let half = lifetime / 2
        // A lead or skew longer than the token would make every token dead on arrival.
        let skew = max(.zero, min(renewal.skew ?? min(.seconds(10), lifetime / 10), half))
        let block = (lifetime - skew).wholeNanoseconds
        let lead = min(renewal.lead ?? min(max(lifetime / 4, .seconds(10)), .seconds(300)), half)
        let hint = refreshIn.flatMap { $0 > .zero && $0 < lifetime ? $0 : nil }
        let spread = (hint ?? lifetime) * (min(max(draw, 0), 1) * min(max(renewal.jitter, 0), 0.5))
        // A tiny hint or a wide jitter must not turn renewals into a loop.
        let soonest = min(.seconds(5), lifetime / 4)
        let renew = min(max((hint ?? lifetime - max(lead, .zero)) - spread, soonest), block)
        renewAfter = renew.wholeNanoseconds
        blockAfter = block
        lastCallAfter = (lifetime - min(.seconds(1), skew / 2)).wholeNanoseconds
        self.lifetime = lifetime
    }
}

extension Duration {
    /// Rounded towards zero.
    var wholeNanoseconds: Duration { .nanoseconds(nanoseconds) }
}
