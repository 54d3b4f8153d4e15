// SPDX-License-Identifier: Apache-2.0
package import RelayBase

/// One moment read on both clocks: the one that never steps, and the wall clock.
///
/// A token is over when either clock says so. The continuous clock stands still while a hypervisor pauses a machine,
/// and the wall clock is stepped afterwards; a wall clock set back, on the other hand, must not prolong anything.
package struct TokenTime: Hashable, Sendable {
    package var instant: Instant
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    package var wallNanoseconds: Int64

    package init(instant: Instant, wallNanoseconds: Int64) {
        (self.instant, self.wallNanoseconds) = (instant, wallNanoseconds)
    }

    /// Time since `start`, by whichever clock counts more, and never negative.
    package func elapsed(since start: TokenTime) -> Duration {
        let continuous = instant.nanoseconds.subtractingReportingOverflow(start.instant.nanoseconds)
        let wall = wallNanoseconds.subtractingReportingOverflow(start.wallNanoseconds)
        return .nanoseconds(
            max(0, continuous.overflow ? .max : continuous.partialValue, wall.overflow ? 0 : wall.partialValue))
    }
}

extension Instant {
    /// Boot: before every instant at which anything was decided.
    package static let longAgo = Instant(nanoseconds: 0)
}
