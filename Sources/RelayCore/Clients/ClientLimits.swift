// SPDX-License-Identifier: Apache-2.0
package import RelayBase

/// Requests per minute by client: one token bucket each, which holds a tenth of a minute's share, at least one.
///
/// Shared by all loops, hence to be kept behind a lock. Clients without a limit cost one lookup.
package struct ClientLimits: Sendable {
    private var buckets: [String: Bucket] = [:]

    /// Takes requests per minute by client label (`ClientAuthenticator.Verdict`); each must be at least 1.
    package init(_ perMinute: [String: Int]) {
        for (client, rate) in perMinute { buckets[client] = Bucket(perMinute: rate) }
    }

    package var isEmpty: Bool { buckets.isEmpty }

    /// Takes one request of `client`: nil if it may pass, else how long until the next may.
    package mutating func take(_ client: String, at now: Instant) -> Duration? {
        guard buckets[client] != nil else { return nil }
        return buckets[client]?.take(at: now)
    }

    /// The places of one client.
    ///
    /// Levels are counted in nanoseconds times requests per minute, so that no fraction is ever rounded away: a request
    /// costs 60e9 of them, and each nanosecond adds `rate`.
    private struct Bucket: Sendable {
        static let cost: Int64 = 60_000_000_000

        let rate: Int64
        let capacity: Int64
        var level: Int64
        var filledAt: Instant?

        /// Clamps the rate to 10^9, which keeps the capacity within 64 bits.
        init(perMinute: Int) {
            rate = Int64(min(max(perMinute, 1), 1_000_000_000))
            capacity = max(1, rate / 10) * Self.cost
            level = capacity
        }

        mutating func take(at now: Instant) -> Duration? {
            fill(at: now)
            if level >= Self.cost {
                level -= Self.cost
                return nil
            }
            let missing = Self.cost - level
            return .nanoseconds(missing / rate + (missing % rate == 0 ? 0 : 1))
        }

        /// A clock that seems to step back (loops read it at slightly different times) adds nothing.
        private mutating func fill(at now: Instant) {
            guard let last = filledAt else {
                filledAt = now
                return
            }
            guard now > last else { return }
            let (gain, overflow) = (now - last).nanoseconds.multipliedReportingOverflow(by: rate)
            level = overflow || gain >= capacity - level ? capacity : level + gain
            filledAt = now
        }
    }
}
