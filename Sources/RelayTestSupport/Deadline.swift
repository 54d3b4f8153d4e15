// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The end of an allowance of time, on the monotonic clock.
package struct Deadline: Sendable {
    private let end: Int64

    package static func after(_ timeout: Duration) -> Deadline { Deadline(timeout) }

    package init(_ timeout: Duration) {
        end = monotonicNanoseconds() &+ Int64(max(0, min(timeout.asSeconds, 86_400)) * 1e9)
    }

    package var isOver: Bool { monotonicNanoseconds() >= end }

    /// Whole milliseconds left, rounded up; 0 when it is over.
    package var remainingMilliseconds: Int32 {
        let left = end &- monotonicNanoseconds()
        return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
    }
}

/// Nanoseconds of CLOCK_MONOTONIC.
package func monotonicNanoseconds() -> Int64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

extension Duration {
    package var asSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
