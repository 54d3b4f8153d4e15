// SPDX-License-Identifier: Apache-2.0
import RelayCore
import RelayUpstream
import Testing

struct ExecSourceTests {
    private func source(
        _ command: ExecTokenConfiguration.Command, passing names: [String] = [], _ environment: [String: String] = [:]
    ) -> ExecTokenSource {
        var configuration = ExecTokenConfiguration(command: command)
        configuration.environment = names
        let basics = ["PATH": "/usr/bin:/bin"]
        return ExecTokenSource(configuration, reading: TokenReading(), environment: basics.merging(environment) { $1 })
    }

    @Test("a printed token is trimmed")
    func plain() async throws {
        let grant = try await source(.shell("echo '  tok  '; echo")).fetchOnce()
        #expect(grant.value.reveal == "tok")
        #expect(grant.lifetime == .seconds(300))
        #expect(grant.warnings == [.defaultLifetime])
    }

    @Test("an argument list needs no shell and no quoting")
    func argv() async throws {
        let grant = try await source(.argv(["printf", "%s", "$tok;*"])).fetchOnce()
        #expect(grant.value.reveal == "$tok;*")
    }

    @Test("an ExecCredential's end is honoured")
    func execCredential() async throws {
        let json = #"{"kind":"ExecCredential","status":{"token":"tok","expirationTimestamp":"2025-04-08T02:46:09Z"}}"#
        let grant = try await source(.argv(["printf", "%s", json])).fetchOnce()
        #expect(grant.value.reveal == "tok")
        #expect(grant.lifetime == .seconds(300))
        #expect(grant.warnings.isEmpty)
    }

    @Test("a program sees what it needs and what was declared, nothing else")
    func environment() async throws {
        let grant = try await source(
            .shell(#"printf '%s' "$HOME|$LC_ALL|$TZ|$DECLARED|$RELAY_OAUTH_CLIENT_SECRET|$AWS_KEY""#),
            passing: ["DECLARED", "UNSET"],
            [
                "HOME": "/h", "LC_ALL": "C", "TZ": "UTC", "DECLARED": "d", "RELAY_OAUTH_CLIENT_SECRET": "s",
                "AWS_KEY": "k",
            ]
        ).fetchOnce()
        #expect(grant.value.reveal == "/h|C|UTC|d||")
    }

    @Test(
        "failures keep their cause and no output",
        arguments: [
            ("echo canary; echo canary >&2; exit 1", TokenFetchFailure.Cause.exec(.exit(1))),
            ("echo canary; kill -9 $$", .exec(.signal(9))),
            ("true", .exec(.noOutput)), ("echo; echo", .exec(.noOutput)), ("yes canary", .exec(.outputTooLarge)),
            ("echo canary; echo canary", .illegalToken), ("echo 'canary canary'", .illegalToken),
            ("exec no-such-program", .exec(.exit(127))),
        ])
    func failures(line: String, cause: TokenFetchFailure.Cause) async throws {
        let failure = try #require(await source(.shell(line)).failure())
        #expect(failure.cause == cause)
        #expect(!String(reflecting: failure).contains("canary"))
        #expect(!failure.description.contains("canary"))
    }

    @Test("odd JSON names its members only")
    func oddJSON() async throws {
        let failure = try #require(await source(.argv(["printf", "%s", #"{"tokken":"canary","n":1}"#])).failure())
        #expect(failure.description.contains("members there: tokken, n"))
        #expect(!failure.description.contains("canary"))
    }

    @Test("a program that is not there is final", arguments: [["/nowhere/x"], ["no-such-program"], []])
    func missing(arguments: [String]) async throws {
        let failure = try #require(await source(.argv(arguments)).failure())
        #expect(failure.cause == .exec(.notFound))
        #expect(failure.isDeterministic)
    }

    @Test("a program that takes too long is a timeout, its output notwithstanding")
    func timeout() async throws {
        let failure = await source(.shell("echo tok; sleep 1000 & sleep 1000")).failure(timeout: .milliseconds(150))
        #expect(failure?.cause == .timeout)
    }

    @Test("a cancelled fetch ends its program")
    func cancellation() async throws {
        let source = source(.shell("sleep 1000"))
        let task = Task { await source.failure() }
        task.cancel()
        #expect(await task.value?.cause == .transport(.cancelled, detail: ""))
    }
}
