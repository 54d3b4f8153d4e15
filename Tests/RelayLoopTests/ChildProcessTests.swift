// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import RelayBase
import RelayLoop
import Testing

/// Programs are real shells here: what is tested is the kernel's part of the bargain.
///
/// Deadlines are far away unless meeting one is the test; then they leave a slow machine time to start a shell.
struct ChildProcessTests {
    private func shell(
        _ line: String, timeout: Duration = .seconds(60), grace: Duration = .seconds(60), limit: Int = 64 * 1_024,
        cancellation: ChildProcess.Cancellation = .init()
    ) throws -> ChildProcess.Result {
        var request = ChildProcess.Request(
            arguments: ["/bin/sh", "-c", line], environment: ["PATH=/usr/bin:/bin", "A=b c"], timeout: timeout)
        (request.grace, request.outputLimit) = (grace, limit)
        return try ChildProcess.run(request, cancellation: cancellation)
    }

    private func text(_ result: ChildProcess.Result) -> String { String(decoding: result.output, as: UTF8.self) }

    @Test("output is kept whole and standard error only counted")
    func output() throws {
        let result = try shell(#"printf 'one\ntwo'; printf 'secret' >&2"#)
        #expect(result.ending == .exited(0))
        #expect(text(result) == "one\ntwo")
        #expect(result.errorBytes == 6)
    }

    @Test(
        "exit status and signals are told apart",
        arguments: [("exit 7", ChildProcess.Ending.exited(7)), ("kill -9 $$", .signaled(9))])
    func endings(line: String, ending: ChildProcess.Ending) throws {
        #expect(try shell(line).ending == ending)
    }

    @Test("the environment is only what was given, and there is no input")
    func environment() throws {
        #expect(text(try shell(#"printf '%s|%s|%s' "$A" "$HOME" "$(cat)""#)) == "b c||")
    }

    @Test(
        "a program that is not there is an error",
        arguments: ["/nowhere/program", "no-such-program-here", "/etc/passwd", "/"])
    func missing(program: String) {
        let error = #expect(throws: SystemCallError.self) {
            try ChildProcess.run(.init(arguments: [program], environment: [], timeout: .seconds(60)))
        }
        #expect(error.map { [ENOENT, EACCES].contains($0.code) } == true)
    }

    @Test("it leads its own group, blocks and ignores no signal, and inherits no descriptor")
    func inheritance() throws {
        let open = Glibc.dup(2)
        defer { Glibc.close(open) }
        let script = #"cut -d' ' -f5 /proc/$$/stat; echo $$; grep -E 'SigBlk|SigIgn' /proc/self/status; ls /proc/$$/fd"#
        let lines = text(try shell(script)).split(separator: "\n").map(String.init)
        try #require(lines.count >= 7)
        #expect(lines[0] == lines[1])
        func mask(_ line: String) -> UInt64? { line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } }
        #expect(mask(lines[2]) == 0)
        // 32 and 33 belong to the C library, which keeps them to itself.
        #expect(mask(lines[3]).map { $0 & 0x7FFF_FFFF } == 0)
        #expect(Array(lines[4...6]) == ["0", "1", "2"])
        #expect(!lines[7...].contains("\(open)"))
    }

    @Test("output beyond the limit stops the program", arguments: ["yes", "yes >/dev/stdout; sleep 1000"])
    func tooMuch(line: String) throws {
        let result = try shell(line, limit: 1_000)
        #expect(result.ending == .outputTooLarge)
    }

    @Test("output of exactly the limit is fine, and large output comes whole")
    func limit() throws {
        #expect(try shell("printf 12345", limit: 5).ending == .exited(0))
        #expect(try shell("printf 123456", limit: 5).ending == .outputTooLarge)
        let large = try shell("head -c 500000 /dev/zero", limit: 600_000)
        #expect(large.output.count == 500_000)
    }

    @Test("at the deadline the whole group ends, children included")
    func deadline() throws {
        let result = try shell("sleep 1000 & echo $!; wait", timeout: .seconds(5))
        #expect(result.ending == .timedOut)
        let child = try #require(pid_t(text(result).filter(\.isNumber)))
        #expect(isGone(child))
    }

    @Test("a program that ignores SIGTERM is killed after the grace")
    func stubborn() throws {
        let result = try shell(
            "trap '' TERM; echo ready; while :; do sleep 1000; done", timeout: .seconds(5),
            grace: .milliseconds(100))
        #expect(result.ending == .timedOut)
        #expect(text(result) == "ready\n")
    }

    @Test("a child left behind neither delays the result nor outlives it")
    func leftBehind() throws {
        let result = try shell("sleep 1000 & echo $!")
        #expect(result.ending == .exited(0))
        let child = try #require(pid_t(text(result).filter(\.isNumber)))
        #expect(isGone(child))
    }

    @Test("closing its output early does not end a program")
    func earlyClose() throws {
        let result = try shell("echo a; exec >&- 2>&-; sleep 0.1; exit 3")
        #expect(result.ending == .exited(3))
        #expect(text(result) == "a\n")
    }

    @Test("cancelling ends it")
    func cancelled() throws {
        let cancellation = ChildProcess.Cancellation()
        cancellation.cancel()
        #expect(try shell("sleep 1000", cancellation: cancellation).ending == .cancelled)
    }

    @Test("no zombie and no descriptor stays behind")
    func noLeaks() throws {
        // Other tests of this process open descriptors too: what is looked for are this child's own pipes.
        let result = try shell("echo $$; readlink /proc/self/fd/1; readlink /proc/self/fd/2")
        let lines = text(result).split(separator: "\n").map { String($0) }
        try #require(lines.count == 3)
        let child = try #require(pid_t(lines[0]))
        #expect(kill(child, 0) != 0)
        let pipes = lines.dropFirst().filter { $0.hasPrefix("pipe:") }
        #expect(!pipes.isEmpty)
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }
        #expect(Set(open).isDisjoint(with: pipes))
    }

    /// Dead, or a zombie that somebody else has to reap.
    private func isGone(_ pid: pid_t) -> Bool {
        guard kill(pid, 0) == 0, let status = try? SmallFile.read("/proc/\(pid)/stat", limit: 4_096) else {
            return true
        }
        let text = String(decoding: status.bytes, as: UTF8.self)
        return text.contains(") Z ") || text.contains(") X ")
    }
}
