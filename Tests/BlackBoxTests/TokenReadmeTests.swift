// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport
import Testing

/// The examples of README.md's section on issuers, run as they stand there.
@Suite("Tokens: the examples of README.md", .serialized)
struct TokenReadmeTests {
    /// How an example's issuer answers, and what it and the upstream must see.
    struct Example: Sendable, CustomTestStringConvertible {
        let title: String
        /// Addresses that stand in no variable but in a preset: the path on the issuer.
        var presetPath: String?
        var answer = ScriptedIssuer.Answer.token(lifetime: 300)
        var path = ""
        /// Each must be in the issuer's request, head or body.
        var asked: [String] = []
        var header = "Authorization"
        var value = "Bearer TOKEN"
        /// What stands at the paths the example names.
        var files: [String: String] = [:]
        var testDescription: String { title }
    }

    static let examples: [Example] = [
        Example(
            title: "Keycloak", path: "/realms/main/protocol/openid-connect/token",
            asked: ["Authorization: Basic \(base64("ragflow:change-me"))", "grant_type=client_credentials"]),
        Example(
            title: "Microsoft Entra ID",
            answer: .template(
                200, #"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"TOKEN"}"#),
            path: "/00000000-0000-0000-0000-000000000000/oauth2/v2.0/token",
            asked: [
                "client_id=11111111-1111-1111-1111-111111111111", "client_secret=change%7Eme",
                "scope=api%3A%2F%2Fllm-gateway%2F.default",
            ]),
        Example(
            title: "Huawei Cloud IAM", presetPath: "/v3/auth/tokens",
            answer: .template(
                201, "{\"token\":{\"expires_at\":\"\(moment(86_000))\"}}",
                fields: [
                    WireField("X-Subject-Token", "TOKEN"), WireField("Date", httpDate(wallClockSeconds())),
                ]),
            path: "/v3/auth/tokens",
            asked: [
                #""name":"ragflow","password":"change-me","domain":{"name":"my-account"}"#,
                #""project":{"name":"cn-north-4"}"#,
            ], header: "X-Auth-Token", value: "TOKEN"),
        Example(
            title: "Feishu", presetPath: "/open-apis/auth/v3/tenant_access_token/internal",
            answer: .template(200, #"{"code":0,"msg":"ok","tenant_access_token":"TOKEN","expire":7200}"#),
            path: "/open-apis/auth/v3/tenant_access_token/internal",
            asked: [#"{"app_id":"cli_0123456789","app_secret":"change-me"}"#]),
        Example(
            title: "A login of your own",
            answer: .template(200, #"{"code":0,"data":{"token":"TOKEN","expireTime":300}}"#), path: "/api/login",
            asked: [#"{"appKey":"ragflow","appSecret":"change \"me\""}"#, "Content-Type: application/json"]),
        Example(
            title: "A program",
            files: [
                "/usr/local/bin/get-token":
                    "#!/bin/sh\n[ \"$*\" = '--audience llm' ] && [ -z \"$RELAY_TOKEN_EXEC\" ] && echo readme-canary\n"
            ]),
        Example(title: "A file", files: ["/var/run/secrets/tokens/llm": "readme-canary\n"]),
    ]

    @Test("every example is run by a test")
    func complete() throws {
        #expect(try Self.blocks().map(\.title) == Self.examples.map(\.title))
    }

    @Test("an example works as it stands, but for host names and paths", arguments: examples)
    func works(_ example: Example) async throws {
        try await onThread {
            let scratch = try ScratchDirectory()
            let issuer = try ScriptedIssuer()
            issuer.always(example.answer)
            let upstream = try ScriptedUpstream.perRequest { _, connection in try connection.respond(json: "{}") }
            var block = try #require(try Self.blocks().first { $0.title == example.title }).text
            block = block.replacing("https://llm.corp.example", with: upstream.baseURL)
            block = block.replacing(/https:\/\/[a-z.]+/, with: "http://127.0.0.1:\(issuer.port)")
            for (path, text) in example.files {
                let name = String(path.split(separator: "/").last ?? "")
                #expect(block.contains(path))
                block = block.replacing(path, with: try scratch.write(name, text, mode: 0o700))
            }
            var environment = try Self.environment(of: block)
            if let path = example.presetPath {
                environment["RELAY_TOKEN_HTTP_URL"] = "http://127.0.0.1:\(issuer.port)\(path)"
            }
            // One call is counted below: a slow machine is no reason for another.
            if example.files.isEmpty { environment["RELAY_TOKEN_TIMEOUT"] = "120s" }
            let relay = try RelayProcess(environment)
            #expect(relay.waitUntilReady())
            let answer = try relay.connect().exchange("POST", "/v1/embeddings", body: Array("{}".utf8))
            #expect(answer.status == 200)
            let token = example.files.isEmpty ? try #require(issuer.issued.first) : "readme-canary"
            let request = try #require(upstream.requests.first)
            #expect(request.values(of: example.header) == [example.value.replacing("TOKEN", with: token)])
            #expect(issuer.callCount == (example.files.isEmpty ? 1 : 0))
            if let call = issuer.calls.first {
                #expect(call.path == example.path)
                let whole = latin1(call.head.bytes) + call.bodyText
                for part in example.asked { #expect(whole.contains(part), "\(part)") }
            }
            let line = relay.waitForLog { $0.string("msg") == "token renewed" }
            #expect(line != nil)
            let warnings = relay.process.lines.filter { ["configuration", "token warning"].contains($0.string("msg")) }
            #expect(warnings.isEmpty)
            for secret in [token, "change-me", "change~me", "change \"me"] {
                #expect(!relay.everythingPrinted.contains(secret))
            }
        }
    }

    /// What a shell makes of the lines.
    private static func environment(of block: String) throws -> [String: String] {
        let shell = try TestProcess(executable: "/bin/sh", arguments: ["-euc", block + "\nexec env"])
        #expect(shell.waitForExit() == .code(0))
        var variables: [String: String] = [:]
        for line in shell.standardOutput.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            variables[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        for name in ["PWD", "OLDPWD", "SHLVL", "_", "PATH"] { variables[name] = nil }
        return variables
    }

    /// The fenced blocks of the section with the headings they stand under.
    private static func blocks() throws -> [(title: String, text: String)] {
        let readme = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("README.md")
        let lines = try String(contentsOf: readme, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        var found: [(title: String, text: String)] = []
        var title = ""
        var isInside = false
        var block: [Substring]?
        for line in lines {
            if line == "```sh", isInside {
                block = []
            } else if line == "```", let whole = block {
                found.append((title, whole.joined(separator: "\n")))
                block = nil
            } else if block != nil {
                block?.append(line)
            } else if line.hasPrefix("## ") {
                isInside = line == "## Your issuer, these variables"
            } else if line.hasPrefix("### ") {
                title = String(line.dropFirst(4))
            }
        }
        return found
    }

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    private static func moment(_ seconds: Double) -> String {
        let whole = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: seconds))
        return whole.replacing("Z", with: ".123456Z")
    }
}
