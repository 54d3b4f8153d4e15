// SPDX-License-Identifier: Apache-2.0

/// A point in time on the clock that never steps and counts suspend (CLOCK_BOOTTIME), in nanoseconds since boot.
///
/// Deadlines and durations of the relay are measured on it. It is passed in, never read, by everything that decides,
/// so that tests set it by hand. 64 bits of nanoseconds, since `ContinuousClock.Instant` costs 128-bit arithmetic on the
/// data path.
package struct Instant: Comparable, Hashable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let distantFuture = Instant(nanoseconds: .max)

    package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Saturates at `distantFuture`.
    package static func + (a: Instant, b: Duration) -> Instant { a + Interval(b) }

    package static func - (a: Instant, b: Duration) -> Instant { Instant(nanoseconds: a.nanoseconds &- b.nanoseconds) }

    package static func - (a: Instant, b: Instant) -> Duration { .nanoseconds(a.nanoseconds &- b.nanoseconds) }

    /// Saturates at `distantFuture`.
    package static func + (a: Instant, b: Interval) -> Instant {
        let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
        return Instant(nanoseconds: overflow ? .max : sum)
    }
}

/// A length of time in 64 bits of nanoseconds: a `Duration` is 128 bits of attoseconds, and turning it into nanoseconds
/// costs ten times what adding them does.
package struct Interval: Hashable, Sendable {
    package let nanoseconds: Int64

    package init(_ duration: Duration) { nanoseconds = duration.nanoseconds }
}

extension Duration {
    /// Whole nanoseconds, clamped to what 64 bits hold (292 years).
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }

    /// Whole milliseconds, rounded down.
    package var milliseconds: Int64 { nanoseconds / 1_000_000 }

    /// Seconds as a binary fraction, for metrics and logs only.
    package var seconds: Double { Double(nanoseconds) / 1e9 }
}
