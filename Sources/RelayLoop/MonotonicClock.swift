// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
package import RelayBase

/// The two clocks of the machine.
package enum MonotonicClock {
    /// Nanoseconds since boot, suspend included; never steps.
    package static var now: Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }

    /// Wall-clock nanoseconds since 1970; may step.
    package static var wallNanoseconds: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
