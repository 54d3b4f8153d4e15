// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Signals as messages: blocked in every thread, taken one at a time by the thread that waits for them.
package enum Signals {
    package enum Received: Equatable, Sendable { case terminate, reload }

    /// Blocks SIGTERM, SIGINT and SIGHUP in the calling thread and in all it will start; a write to a closed peer is
    /// an error code, not a signal.
    ///
    /// Call it before the first thread.
    package static func prepare() {
        var set = waited()
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Blocks until one of them arrives.
    package static func wait() -> Received {
        var set = waited()
        var number: CInt = 0
        while unsafe sigwait(&set, &number) != 0 {}
        return number == SIGHUP ? .reload : .terminate
    }

    private static func waited() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&set, number) }
        return set
    }
}
