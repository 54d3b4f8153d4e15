// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayBase
import Synchronization

/// Runs one program to its end and keeps what it printed.
///
/// The program leads a process group of its own, has no input, the default signals, and no descriptor but its three. Its
/// group never outlives the call, and nothing of it stays a zombie, also when this process is number 1 of a container
/// and inherits orphans.
package enum ChildProcess {
    package struct Request: Sendable {
        /// The program, found in `PATH` unless it holds a slash, and its arguments.
        package var arguments: [String]
        /// `NAME=value` each; nothing is inherited.
        package var environment: [String]
        package var timeout: Duration
        /// Time between SIGTERM and SIGKILL.
        package var grace: Duration = .seconds(2)
        /// Bytes of standard output beyond which the program is stopped.
        package var outputLimit = 64 * 1_024

        package init(arguments: [String], environment: [String], timeout: Duration) {
            (self.arguments, self.environment, self.timeout) = (arguments, environment, timeout)
        }
    }

    package enum Ending: Hashable, Sendable {
        case exited(Int32)
        case signaled(Int32)
        case timedOut
        case cancelled
        case outputTooLarge
    }

    package struct Result: Sendable {
        package var ending: Ending
        package var output: [UInt8]
        /// Bytes of standard error: counted, never kept.
        package var errorBytes: Int
    }

    /// Stops a running program from another thread.
    package final class Cancellation: Sendable {
        private let flag = Atomic(false)
        package init() {}
        package func cancel() { flag.store(true, ordering: .releasing) }
        package var isCancelled: Bool { flag.load(ordering: .acquiring) }
    }

    /// Blocks the calling thread until the program and its group are gone.
    ///
    /// - Throws: `posix_spawn` with `ENOENT` or `EACCES` if there is no such program; `EMFILE`, `EAGAIN` and the like.
    package static func run(_ request: Request, cancellation: Cancellation = Cancellation()) throws(SystemCallError)
        -> Result
    {
        var output = try Pipe()
        var errors = try Pipe()
        let deadline = MonotonicClock.now + request.timeout
        let pid = try spawn(request, output: output.writeRaw, errors: errors.writeRaw)
        output.closeWriteEnd()
        errors.closeWriteEnd()
        var reader = OutputReader(output: output.readEnd.rawValue, errors: errors.readEnd.rawValue)
        var reason: Ending?
        var killAt = Instant.distantFuture
        while !hasEnded(pid) {
            reader.wait(atMost: tick)
            let now = MonotonicClock.now
            if reason == nil {
                reason = stopReason(request, deadline, cancellation, now, reader.output.count)
                guard reason != nil else { continue }
                kill(-pid, SIGTERM)
                killAt = now + request.grace
            } else if now >= killAt {
                kill(-pid, SIGKILL)
                killAt = .distantFuture
            }
        }
        reader.wait(atMost: .zero)
        let status = reap(pid)
        if reason == nil, reader.output.count > request.outputLimit { reason = .outputTooLarge }
        return Result(ending: reason ?? status, output: reader.output, errorBytes: reader.errorBytes)
    }

    /// The end of a program whose children hold its output open is seen this late at the most.
    private static let tick: Duration = .milliseconds(20)

    private static func stopReason(
        _ request: Request, _ deadline: Instant, _ cancellation: Cancellation, _ now: Instant, _ printed: Int
    ) -> Ending? {
        if cancellation.isCancelled { return .cancelled }
        if printed > request.outputLimit { return .outputTooLarge }
        return now >= deadline ? .timedOut : nil
    }

    /// Whether the leader has ended; it stays a zombie, so that its number still names its group.
    private static func hasEnded(_ pid: pid_t) -> Bool {
        var info = unsafe siginfo_t()
        let code = unsafe waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT)
        // ECHILD: the parent of this process had SIGCHLD ignored, so the kernel has reaped already.
        return unsafe code == 0 ? info.si_signo != 0 : errno != EINTR
    }

    /// Ends what is left of the group, then the leader's zombie, then orphans of the group that came to this process.
    private static func reap(_ pid: pid_t) -> Ending {
        kill(-pid, SIGKILL)
        var status: CInt = 0
        while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
        // A kill is only the beginning of an end; 100 ms are plenty unless the kernel itself holds a process.
        for _ in 0..<100 {
            while waitpid(-pid, nil, WNOHANG) > 0 {}
            if kill(-pid, 0) != 0 { break }
            usleep(1_000)
        }
        // <sys/wait.h> has these as macros: the low seven bits are the signal, the next byte is the exit status.
        let number = status & 0x7F
        return number == 0 ? .exited(status >> 8 & 0xFF) : .signaled(number)
    }
}
