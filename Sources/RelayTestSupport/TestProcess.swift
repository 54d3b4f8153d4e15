// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// A child process whose output is kept from its first byte to its last.
package final class TestProcess: Sendable {
    package enum Exit: Sendable, Equatable {
        case code(Int32)
        case signal(Int32)
    }

    private struct State: Sendable {
        var lines: [LogLine] = []
        var output: [UInt8] = []
        var error: [UInt8] = []
        var openPipes = 2
        var exit: Exit?
    }

    package let processID: Int32
    private let state: Monitor<State>

    /// Starts `executable` with exactly this environment (and `PATH`), standard input empty.
    package init(executable: String, arguments: [String] = [], environment: [String: String] = [:]) throws {
        let output = try descriptorCreation.withLock { _ in try Self.makePipe() }
        let error = try descriptorCreation.withLock { _ in try Self.makePipe() }
        defer {
            close(output.write)
            close(error.write)
        }
        let process = try Self.spawn(
            executable, arguments, environment: environment, output: output.write, error: error.write)
        let state = Monitor(State())
        self.state = state
        processID = process
        startThread {
            var rest: [UInt8] = []
            Self.read(from: output.read) { bytes in
                rest += bytes
                var lines: [LogLine] = []
                while let end = rest.firstIndex(of: 10) {
                    lines.append(LogLine(String(decoding: rest[..<end], as: UTF8.self)))
                    rest.removeFirst(end + 1)
                }
                state.withLock { state in
                    state.output += bytes
                    state.lines += lines
                }
            }
            state.withLock { state in
                if !rest.isEmpty { state.lines.append(LogLine(String(decoding: rest, as: UTF8.self))) }
                state.openPipes -= 1
            }
        }
        startThread {
            Self.read(from: error.read) { bytes in state.withLock { $0.error += bytes } }
            state.withLock { $0.openPipes -= 1 }
        }
        startThread {
            let exit = Self.wait(for: process)
            state.withLock { $0.exit = exit }
        }
    }

    deinit { kill() }

    // MARK: Output

    /// Lines of standard output so far.
    package var lines: [LogLine] { state.value.lines }
    package var standardOutput: String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }
    package var standardError: String { state.withLock { String(decoding: $0.error, as: UTF8.self) } }
    /// Everything ever printed, for a search for secrets.
    package var everythingPrinted: String {
        // Under the lock: ThreadSanitizer does not see that a copy of the arrays keeps the reader thread's hands off.
        state.withLock { String(decoding: $0.output, as: UTF8.self) + String(decoding: $0.error, as: UTF8.self) }
    }

    /// True once the text has been printed, on either output and in whatever line; false after `timeout` or at the exit.
    package func waitForText(_ text: String, timeout: Duration = hangLimit) -> Bool {
        func isThere(_ state: State) -> Bool {
            [state.output, state.error].contains { String(decoding: $0, as: UTF8.self).contains(text) }
        }
        state.wait(timeout: timeout) { isThere($0) || ($0.exit != nil && $0.openPipes == 0) }
        return isThere(state.value)
    }

    /// The first line of standard output that fits, waiting for it if need be; nil after `timeout` or at the exit.
    package func waitForLine(timeout: Duration = hangLimit, where fits: (LogLine) -> Bool) -> LogLine? {
        var found: LogLine?
        var looked = 0
        state.wait(timeout: timeout) { state in
            while looked < state.lines.count, found == nil {
                if fits(state.lines[looked]) { found = state.lines[looked] }
                looked += 1
            }
            return found != nil || (state.exit != nil && state.openPipes == 0)
        }
        return found
    }

    // MARK: Life

    package var exit: Exit? { state.value.exit }
    package var isRunning: Bool { state.value.exit == nil }

    package func send(_ signal: Int32) {
        // A reaped process's number may be somebody else's.
        state.withLock { if $0.exit == nil { _ = Glibc.kill(processID, signal) } }
    }

    package func kill() { send(SIGKILL) }

    /// How the process ended, its output then being complete; nil if it still runs after `timeout`.
    package func waitForExit(timeout: Duration = hangLimit) -> Exit? {
        state.wait(timeout: timeout) { $0.exit != nil }
        state.wait(timeout: .seconds(30)) { $0.openPipes == 0 }
        return exit
    }

    // MARK: The kernel's part

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw SupportError.system(operation: "pipe", code: errno) }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], environment: [String: String], output: Int32, error: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, error, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var nothing = sigset_t()
        unsafe sigemptyset(&nothing)
        unsafe posix_spawnattr_setsigmask(&attributes, &nothing)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var full = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
        // A sanitizer in the child is told where to write and what to leave out, as the one in here was.
        for (name, value) in ProcessInfo.processInfo.environment where name.hasSuffix("SAN_OPTIONS") {
            full[name] = value
        }
        full.merge(environment) { $1 }
        var process: pid_t = 0
        let result = unsafe withCStrings([executable] + arguments) { argv in
            unsafe withCStrings(full.map { "\($0)=\($1)" }) { envp in
                descriptorCreation.withLock { _ in
                    unsafe posix_spawn(&process, executable, &actions, &attributes, argv, envp)
                }
            }
        }
        guard result == 0 else { throw SupportError.system(operation: "start of \(executable)", code: result) }
        return process
    }

    /// Reads to the end, and closes.
    private static func read(from descriptor: Int32, _ take: (ArraySlice<UInt8>) -> Void) {
        defer { close(descriptor) }
        var room = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(descriptor, &room, room.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            take(room[..<count])
        }
    }

    private static func wait(for process: pid_t) -> Exit {
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal)
    }
}

/// Held while a descriptor is made and marked close-on-exec in two steps, and while a child is started, so that no child
/// inherits a socket and keeps it open.
let descriptorCreation = Monitor(true)

/// Hands a NULL-terminated array of C strings to `body`.
private func withCStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    return unsafe body(unsafe copies + [nil])
}

extension TestProcess {
    /// As `RelayProcess.leastBusy`; a process that has ended counts as busy.
    package func leastBusy(_ allowed: Duration, in silence: Duration = .seconds(1)) -> Duration {
        var least = Duration.seconds(3_600)
        for _ in 0..<30 where least > allowed {
            let before = ProcessFigures(of: processID)?.cpuTime
            Monitor(true).wait(timeout: silence) { !$0 }
            guard let before, let after = ProcessFigures(of: processID)?.cpuTime else { break }
            least = min(least, after - before)
        }
        return least
    }
}
