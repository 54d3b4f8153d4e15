// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport
import Testing

/// Tokens from files, programs and other grants.
@Suite("Tokens: sources", .serialized)
struct TokenSourceTests {
    /// A relay whose upstream accepts whatever comes and remembers it.
    private static func relay(_ settings: [String: String]) throws -> RelayUnderTest {
        try RelayUnderTest(settings) { connection in
            while try connection.readRequest(timeout: .seconds(3_600)) != nil { try connection.respond(json: "{}") }
        }
    }

    /// Asks until the upstream has seen the token; false if it does not in time, or if another answer than 200 came.
    private static func sees(_ token: String, _ test: RelayUnderTest) throws -> Bool {
        try eventually {
            guard try test.chat().status == 200 else { return false }
            return test.upstream.requests.last?.bearerToken == token
        }
    }

    @Test("a token file may be renamed over, truncated and rewritten, or deleted: never is an empty moment used")
    func file() async throws {
        try await onThread {
            let scratch = try ScratchDirectory()
            let path = try scratch.write("token", "file-canary-1\n")
            let test = try Self.relay(["RELAY_TOKEN_FILE": path, "RELAY_TOKEN_FILE_POLL": "100ms"])
            #expect(try Self.sees("file-canary-1", test))
            try scratch.write("token", "file-canary-2")
            #expect(try Self.sees("file-canary-2", test))
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.truncate(atOffset: 0)
            // Over several of its polls.
            let emptied = Deadline(.milliseconds(500))
            while !emptied.isOver {
                #expect(try test.chat().status == 200)
                #expect(test.upstream.requests.last?.bearerToken == "file-canary-2")
            }
            try handle.write(contentsOf: Data(" file-canary-3 \r\n".utf8))
            try handle.close()
            #expect(try Self.sees("file-canary-3", test))
            try FileManager.default.removeItem(atPath: path)
            let removed = Deadline(.milliseconds(500))
            while !removed.isOver { #expect(try test.chat().status == 200) }
            #expect(test.upstream.requests.last?.bearerToken == "file-canary-3")
            #expect(try test.relay.connect().exchange("GET", "/readyz").status == 200)
            try scratch.write("token", "{\"access_token\":\"file-canary-4\",\"expires_in\":300}")
            #expect(try Self.sees("file-canary-4", test))
            #expect(!test.relay.everythingPrinted.contains("file-canary"))
        }
    }

    @Test("a projected token is followed through its symbolic links, as a kubelet swaps them")
    func projected() async throws {
        try await onThread {
            let scratch = try ScratchDirectory()
            let files = FileManager.default
            for version in 1...2 {
                try files.createDirectory(
                    atPath: "\(scratch.path)/..v\(version)", withIntermediateDirectories: true)
                try Data("projected-canary-\(version)".utf8)
                    .write(to: URL(fileURLWithPath: "\(scratch.path)/..v\(version)/token"))
            }
            try files.createSymbolicLink(atPath: "\(scratch.path)/..data", withDestinationPath: "..v1")
            try files.createSymbolicLink(atPath: "\(scratch.path)/token", withDestinationPath: "..data/token")
            let test = try Self.relay([
                "RELAY_TOKEN_FILE": "\(scratch.path)/token", "RELAY_TOKEN_FILE_POLL": "100ms",
            ])
            #expect(try Self.sees("projected-canary-1", test))
            try files.createSymbolicLink(atPath: "\(scratch.path)/..data_tmp", withDestinationPath: "..v2")
            #expect(unsafe rename("\(scratch.path)/..data_tmp", "\(scratch.path)/..data") == 0)
            #expect(try Self.sees("projected-canary-2", test))
        }
    }

    @Test("a refused file token is read again at once; while it is the same, the refusal is told")
    func refusedFile() async throws {
        try await onThread {
            let scratch = try ScratchDirectory()
            let path = try scratch.write("token", "old-canary")
            let test = try RelayUnderTest(["RELAY_TOKEN_FILE": path, "RELAY_TOKEN_FILE_POLL": "1h"]) { connection in
                while let request = try connection.readRequest(timeout: .seconds(3_600)) {
                    let isNew = request.bearerToken == "new-canary"
                    try connection.respond(isNew ? 200 : 401, json: "{}")
                }
            }
            let refused = try test.chat()
            #expect(refused.status == 502)
            #expect(refused.errorCode == "upstream_auth_rejected")
            #expect(test.upstream.requestCount == 1)
            try scratch.write("token", "new-canary")
            #expect(try eventually { try test.chat().status == 200 })
        }
    }

    @Test("a program's word is trimmed, its ExecCredential's end honoured")
    func exec() async throws {
        try await onThread {
            let plain = try Self.relay([
                "RELAY_TOKEN_EXEC": "[\"/bin/sh\",\"-c\",\"printf '  exec-canary \\\\n\\\\n'\"]"
            ])
            #expect(try Self.sees("exec-canary", plain))
            let moment = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 600))
            let credential =
                "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
                + "\"status\":{\"token\":\"credential-canary\",\"expirationTimestamp\":\"\(moment)\"}}"
            let scratch = try ScratchDirectory()
            let path = try scratch.write("credential", credential)
            let test = try Self.relay(["RELAY_TOKEN_EXEC_SHELL": "cat \(path)"])
            #expect(try Self.sees("credential-canary", test))
            let line = test.relay.waitForLog { $0.string("msg") == "token renewed" }
            #expect((560_000...601_000).contains(line?.number("lifetime_ms") ?? 0))
            #expect(!test.relay.everythingPrinted.contains("canary"))
        }
    }

    @Test("a program that fails, or hangs with children, is ended and its words are kept from the log")
    func execFails() async throws {
        try await onThread {
            let scratch = try ScratchDirectory()
            // Tells its children from those of another run on this machine.
            let pause = "61.\(UInt32.random(in: 100_000_000...999_999_999))"
            let program = try scratch.write(
                "program",
                """
                #!/bin/sh
                echo stderr-canary >&2
                if [ ! -e \(scratch.path)/second ]; then touch \(scratch.path)/second; echo stdout-canary; exit 1; fi
                if [ ! -e \(scratch.path)/third ]; then
                    touch \(scratch.path)/third; trap '' TERM; sleep \(pause) & sleep \(pause); fi
                echo good-canary
                """, mode: 0o700)
            let test = try Self.relay([
                "RELAY_TOKEN_EXEC": program, "RELAY_TOKEN_TIMEOUT": "5s", "RELAY_TOKEN_BACKOFF": "100ms..100ms",
            ])
            #expect(test.relay.waitForLog { $0.string("detail")?.contains("status 1") == true } != nil)
            #expect(test.relay.waitForLog { $0.string("failure") == "timeout" } != nil)
            #expect(try Self.sees("good-canary", test))
            #expect(!test.relay.everythingPrinted.contains("canary"))
            #expect(eventually { Self.children(of: test.relay.process.processID).isEmpty })
            #expect(eventually { !Self.commandLines().contains { $0.contains(pause) } })
        }
    }

    @Test("rotating refresh tokens are followed; an ended one falls back to one login")
    func refreshRotation() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            func answer(_ refresh: String?) -> ScriptedIssuer.Answer {
                let member = refresh.map { ",\"refresh_token\":\"\($0)\"" } ?? ""
                return .template(200, "{\"access_token\":\"TOKEN\",\"expires_in\":12,\"refresh_in\":1\(member)}")
            }
            issuer.script(
                answer("refresh-canary-1"), answer("refresh-canary-2"), answer(nil), answer("refresh-canary-3"),
                .status(400, json: "{\"error\":\"invalid_grant\"}"), answer("refresh-canary-4"))
            let token = try TokenUnderTest(
                [
                    "RELAY_OAUTH_GRANT": "password", "RELAY_OAUTH_USERNAME": "robot",
                    "RELAY_OAUTH_PASSWORD": "password-canary",
                ],
                issuer: issuer,
                canaries: ["password-canary"] + (1...4).map { "refresh-canary-\($0)" })
            #expect(issuer.waitForCalls(7))
            let forms = issuer.calls.prefix(7).map(\.bodyText)
            let used = forms.map { form in
                form.split(separator: "&").first { $0.hasPrefix("refresh_token=") }.map { String($0.dropFirst(14)) }
            }
            #expect(
                used == [
                    nil, "refresh-canary-1", "refresh-canary-2", "refresh-canary-2", "refresh-canary-3", nil,
                    "refresh-canary-4",
                ])
            #expect(forms[0].contains("grant_type=password") && forms[0].contains("username=robot"))
            #expect(forms[5].contains("grant_type=password"))
            #expect(token.failedRenewals.isEmpty)
            try token.expectNoSecrets()
        }
    }

    /// Living processes and zombies whose parent this is.
    private static func children(of process: Int32) -> [String] {
        processes().filter { name in
            guard let status = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                let end = status.lastIndex(of: ")")
            else { return false }
            return status[end...].split(separator: " ").dropFirst(2).first == "\(process)"
        }
    }

    private static func commandLines() -> [String] {
        processes().compactMap { try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8) }
    }

    private static func processes() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).filter { Int($0) != nil }
    }
}
