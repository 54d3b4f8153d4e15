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

/// How long a test waits for what must come: a hang ends here and nothing else does, however loaded the machine is.
package let hangLimit: Duration = .seconds(120)

/// Asks again and again until it is so; false at the end of the time.
///
/// For what has no event of its own: another process's figures, a file that a relay has yet to read. What is waited for
/// is the condition, never the pause.
package func eventually(within timeout: Duration = hangLimit, _ holds: () throws -> Bool) rethrows -> Bool {
    let deadline = Deadline(timeout)
    var pause: useconds_t = 2_000
    while !deadline.isOver {
        if try holds() { return true }
        usleep(pause)
        pause = min(pause * 2, 50_000)
    }
    return try holds()
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
