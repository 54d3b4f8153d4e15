// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import RelayBase

/// What the process is allowed, and what it denies itself.
package enum ProcessLimits {
    /// Raises the descriptor limit to the hard limit and returns it.
    package static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return descriptorLimit }
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return descriptorLimit
    }

    /// Descriptors the process may have open at once.
    package static var descriptorLimit: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        return limit.rlim_cur > rlim_t(Int32.max) ? Int(Int32.max) : Int(limit.rlim_cur)
    }

    /// From this number on descriptors are left to the runtime and to files that are read in passing.
    ///
    /// No connection, to a client or upstream, is made there: libdispatch looks into /proc now and then, and ends the
    /// process if it gets no descriptor for that. Fixed at its first use, by when the limit has been raised.
    package static let descriptorCeiling: CInt = {
        let limit = descriptorLimit
        return CInt(clamping: limit - max(4, min(16, limit / 8)))
    }()

    /// Descriptors open now, the one that counts them left out.
    package static var openDescriptors: Int {
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        return max(0, count - 3)  // less `.`, `..` and the directory's own
    }

    /// Ends the process at once, without exit handlers.
    package static func exitNow(_ code: Int32) -> Never { _exit(code) }

    /// Ends the process without exit handlers when the time is over; blocks the calling thread.
    package static func exitNow(_ code: Int32, after wait: Duration) -> Never {
        usleep(UInt32(clamping: wait.milliseconds * 1_000))
        _exit(code)
    }

    package static var clockTicks: Double { Double(sysconf(CInt(_SC_CLK_TCK))) }
    package static var pageSize: UInt64 { UInt64(sysconf(CInt(_SC_PAGESIZE))) }

    /// No core file and no attaching debugger of the same user: tokens live in this memory.
    package static func disableCoreDumps() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = relay_set_dumpable(0)
    }
}
