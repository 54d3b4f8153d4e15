// SPDX-License-Identifier: Apache-2.0
package import RelayBase

/// How often refused tokens may force a renewal (R11).
///
/// One forced renewal an interval; the interval doubles while the replays are refused as well, since then the token is
/// not to blame, and falls back when one is cured. Failed fetches are left to the back-off.
package struct TokenCoolDown: Sendable {
    private enum Verdict { case open, uncured, cured }

    private let first: Duration
    private let last: Duration
    private var interval: Duration
    private var forcedAt: Instant?
    private var until: Instant?
    /// The generation the newest forced renewal brought, and what its replays said.
    private var generation: UInt64?
    private var verdict = Verdict.cured

    static let longest: Duration = .seconds(60)

    package init(renewal: TokenRenewal, isLocal: Bool) {
        let configured = max(renewal.forceMinimumInterval, .zero)
        // Re-reading a file costs nothing: once a second, whatever came of it.
        first = isLocal ? min(configured, .seconds(1)) : configured
        last = isLocal ? first : max(configured, Self.longest)
        interval = first
    }

    /// The instant before which no forced renewal starts, if that is still to come.
    package func deniedUntil(at now: Instant) -> Instant? {
        until.flatMap { now < $0 ? $0 : nil }
    }

    /// Whether forced renewals lately helped: only then do other requests wait for one.
    package var isTrusted: Bool { interval == first }

    package mutating func forced(at now: Instant) {
        forcedAt = now
        until = now + interval
        generation = nil
    }

    /// The forced renewal brought this generation.
    package mutating func adopted(_ generation: UInt64) {
        self.generation = generation
        verdict = .open
    }

    /// The forced renewal brought nothing.
    package mutating func failed() { until = nil }

    /// A replay with the token of `generation` ended.
    ///
    /// The first verdict on a forced renewal counts, but one cure outweighs any number of refusals.
    package mutating func replayEnded(_ generation: UInt64, cured: Bool, at now: Instant) {
        guard generation == self.generation else { return }
        switch (verdict, cured) {
        case (.open, false):
            verdict = .uncured
            interval = min(max(interval * 2, .milliseconds(1)), last)
            until = now + interval
        case (.open, true), (.uncured, true):
            verdict = .cured
            interval = first
            until = forcedAt.map { $0 + first }
        case (.uncured, false), (.cured, _): break
        }
    }

    package mutating func reset() {
        (interval, forcedAt, until, generation) = (first, nil, nil, nil)
    }
}
