// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Start and end of a relay that needs a token.
@Suite("Tokens: start and end", .serialized)
struct TokenLifeTests {
    /// A configuration that must not start.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let settings: [String: String]
        let names: [String]
    }

    private static let oauth2 = [
        "RELAY_OAUTH_TOKEN_URL": "https://login.corp.example/token", "RELAY_OAUTH_CLIENT_ID": "relay",
        "RELAY_OAUTH_CLIENT_SECRET": "config-canary",
    ]

    private static func with(_ settings: [String: String]) -> [String: String] { oauth2.merging(settings) { $1 } }

    static let refusals: [Refusal] = [
        Refusal(
            testDescription: "a secret and its file",
            settings: with(["RELAY_OAUTH_CLIENT_SECRET_FILE": "/etc/hostname"]), names: ["RELAY_OAUTH_CLIENT_SECRET"]),
        Refusal(
            testDescription: "two sources", settings: with(["RELAY_TOKEN_EXEC": "/bin/true"]),
            names: ["RELAY_TOKEN_SOURCE", "RELAY_TOKEN_EXEC", "RELAY_OAUTH_TOKEN_URL"]),
        Refusal(testDescription: "no source", settings: [:], names: ["RELAY_TOKEN_SOURCE"]),
        Refusal(
            testDescription: "an unknown grant", settings: with(["RELAY_OAUTH_GRANT": "implicit-ish"]),
            names: ["RELAY_OAUTH_GRANT"]),
        Refusal(
            testDescription: "an issuer over plain http",
            settings: with(["RELAY_OAUTH_TOKEN_URL": "http://login.corp.example/token"]),
            names: ["RELAY_OAUTH_TOKEN_URL", "RELAY_TOKEN_ALLOW_HTTP"]),
        Refusal(
            testDescription: "a login over plain http", settings: ["RELAY_TOKEN_HTTP_URL": "http://sso.corp.example/"],
            names: ["RELAY_TOKEN_HTTP_URL", "RELAY_TOKEN_ALLOW_HTTP"]),
        Refusal(
            testDescription: "a static token with a line end", settings: ["RELAY_TOKEN": "config-canary\r\nX: y"],
            names: ["RELAY_TOKEN"]),
        Refusal(
            testDescription: "several mistakes at once",
            settings: with(["RELAY_TOKEN_WAIT": "soon", "RELAY_TOKEN_FROM": "xml:/a", "RELAY_TOKEN_REAUTH_ON": "4o1"]),
            names: ["RELAY_TOKEN_WAIT", "RELAY_TOKEN_FROM", "RELAY_TOKEN_REAUTH_ON"]),
    ]

    @Test("a wrong token configuration ends with 78 and names the variable, never the secret", arguments: refusals)
    func refusal(_ refusal: Refusal) async throws {
        try await onThread {
            var environment = refusal.settings
            environment["RELAY_UPSTREAM_URL"] = "http://127.0.0.1:9/v1"
            environment["RELAY_LISTEN"] = "127.0.0.1:0"
            let process = try TestProcess(
                executable: BuiltProduct.path(of: "tokenrelay"), arguments: ["serve"], environment: environment)
            #expect(process.waitForExit() == .code(78))
            for name in refusal.names { #expect(process.everythingPrinted.contains(name)) }
            #expect(!process.everythingPrinted.contains("canary"))
            #expect(!process.everythingPrinted.contains("\"listening\""))
        }
    }

    @Test("a proxy of the environment is not asked for an issuer on this machine")
    func proxy() async throws {
        try await onThread {
            let proxy = try ScriptedUpstream.perRequest { _, connection in try connection.respond(502, json: "{}") }
            for exception in ["", "127.0.0.1,localhost"] {
                let token = try TokenUnderTest([
                    "http_proxy": proxy.baseURL, "https_proxy": proxy.baseURL, "ALL_PROXY": proxy.baseURL,
                    "no_proxy": exception,
                ])
                #expect(try token.chat().status == 200)
                #expect(token.issuer.callCount == 1)
            }
            #expect(proxy.connectionCount == 0)
        }
    }

    @Test("at the end those who wait for a token are told, not cut off")
    func endDuringFlight() async throws {
        try await onThread {
            let gate = Gate()
            let issuer = try ScriptedIssuer()
            issuer.always(.held(gate, lifetime: 300))
            let token = try TokenUnderTest(issuer: issuer)
            let clients = try (0..<5).map { _ in try token.relay.connect() }
            for client in clients { try client.sendRequest("POST", "/v1/embeddings", body: Array("{}".utf8)) }
            #expect(issuer.waitForCalls(1))
            // All five are in: the sixth on the same loop is answered after them.
            #expect(try eventually { try token.metric("relay_inflight") ?? 0 >= 5 })
            token.relay.process.send(15)
            for client in clients {
                let answer = try client.readResponse(to: "POST")
                #expect(answer.status == 503)
                #expect(answer.errorCode == "draining")
                #expect(answer["Retry-After"] != nil)
            }
            #expect(token.relay.process.waitForExit() == .code(0))
            gate.open()
            #expect(token.upstream.requestCount == 0)
        }
    }
}
