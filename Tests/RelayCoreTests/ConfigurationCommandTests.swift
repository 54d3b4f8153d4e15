// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

@Suite struct ConfigurationCommandTests {
    private func usage(_ words: [String]) -> String? {
        do throws(UsageError) {
            try Arguments(words).finish()
            return nil
        } catch {
            return error.text
        }
    }

    @Test(
        arguments: [
            ([], Command.serve), (["serve"], .serve), (["--help"], .help), (["-h"], .help), (["help", "serve"], .help),
            (["check", "--help"], .help), (["-v"], .version), (["--version"], .version), (["version"], .version),
            (["health"], .health),
        ] as [([String], Command)]
    ) func `Command lines that are understood`(words: [String], command: Command) throws {
        let arguments = try Arguments(words)
        try arguments.finish()
        #expect(arguments.command == command)
    }

    @Test func `Others are refused with a hint`() {
        #expect(usage(["serv"]) == "\"serv\" is not a command; did you mean serve?")
        #expect(usage(["frobnicate"])?.contains("serve, check, health") == true)
        #expect(usage(["serve", "--port"])?.contains("--port") == true)
        #expect(usage(["config", "x"]) != nil)
        #expect(usage([""]) != nil)
        #expect(usage(["--serve"]) != nil)
    }

    @Test func `Options are taken in both spellings and any order`() throws {
        var arguments = try Arguments(["check", "--model", "a", "--json", "--url=http://r:1", "--model=b"])
        let (model, url, out) = try (arguments.value("--model"), arguments.value("--url"), arguments.value("--out"))
        #expect(model == "b")
        #expect(url == "http://r:1")
        #expect(out == nil)
        let (first, second) = (arguments.flag("--json"), arguments.flag("--json"))
        #expect(first && !second)
        try arguments.finish()
    }

    @Test(arguments: [["token", "--out"], ["token", "--out="]]) func `An option without its value is refused`(
        words: [String]
    ) throws {
        var arguments = try Arguments(words)
        do throws(UsageError) {
            let value = try arguments.value("--out")
            Issue.record("taken as \(value ?? "nothing")")
        } catch {
            #expect(error.text == "--out needs a value")
        }
    }

    @Test func `The help names every command`() {
        for command in Command.allCases { #expect(Command.helpText.contains("  \(command.rawValue) ")) }
        #expect(Command.helpText.contains("RELAY_UPSTREAM_URL"))
        #expect(Command.helpText.contains(Version.number))
    }

    @Test(
        arguments: [
            ("0.0.0.0:8080", nil, "127.0.0.1:8080"), ("[::]:8080", nil, "[::1]:8080"),
            ("10.0.0.1:80", "0.0.0.0:9", "10.0.0.1:80"),
            ("unix:/r", nil, "unix:/r"), ("127.0.0.1:0", "0.0.0.0:9", "127.0.0.1:9"), ("127.0.0.1:0", nil, nil),
            ("h:1", nil, "h:1"),
        ] as [(String, String?, String?)]
    ) func `The probe asks an address that can be connected to`(listen: String, admin: String?, target: String?) throws
    {
        let found = try HealthProbe.target(listen: .parse(listen), admin: admin.map { try ListenAddress.parse($0) })
        #expect(found?.text == target)
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\n\r\n", HealthProbe.Verdict.ready), ("HTTP/1.0 200\r\n", .ready),
            (
                "HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n{\"reason\":\"draining\"}",
                .notReady("status 503: draining")
            ),
            ("HTTP/1.1 503 X\r\n\r\nb\r\n{\"reason\":\"no token\"}\r\n0\r\n\r\n", .notReady("status 503: no token")),
            ("HTTP/1.1 503 X\r\n\r\n{\"reason\":", .notReady("status 503")),
            ("HTTP/1.1 404 X\r\n\r\n", .notReady("status 404")),
            ("", .notReady("connected, but no answer came")),
            ("HTTP/1.1 200", .notReady("the answer is not HTTP; does something else listen there?")),
            ("HTTP/1.1 +20 OK\r\n", .notReady("the answer is not HTTP; does something else listen there?")),
            ("SSH-2.0-OpenSSH\r\n", .notReady("the answer is not HTTP; does something else listen there?")),
            ("HTTP/1.1 2000 OK\r\n", .notReady("the answer is not HTTP; does something else listen there?")),
        ]
    ) func `Only a whole status line with 200 is ready`(answer: String, verdict: HealthProbe.Verdict) {
        #expect(HealthProbe.verdict(on: Array(answer.utf8)) == verdict)
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\n", true), ("HTTP/1.1 200 OK", false), ("", false), ("HTTP/1.1 503 X\r\n\r\n", false),
            ("HTTP/1.1 503 X\r\nContent-Length: 3\r\n\r\nab", false),
            ("HTTP/1.1 503 X\r\ncontent-length:3\r\n\r\nabc", true),
            ("HTTP/1.1 503 X\r\nContent-Length: -1\r\n\r\nabc", false),
        ]
    ) func `The probe waits no longer than it must`(answer: String, isComplete: Bool) {
        #expect(HealthProbe.isComplete(Array(answer.utf8)) == isComplete)
    }
}
