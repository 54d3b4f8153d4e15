// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// The token's ways, seen from outside.
@Suite("Tokens", .serialized)
struct RelayTokenTests {
    private static let secret = "client-secret-that-must-never-show"

    private static func settings(_ issuer: ScriptedIssuer) -> [String: String] {
        [
            "RELAY_OAUTH_TOKEN_URL": issuer.url, "RELAY_OAUTH_CLIENT_ID": "relay",
            "RELAY_OAUTH_CLIENT_SECRET": secret, "RELAY_TOKEN_BACKOFF": "100ms..200ms", "RELAY_TOKEN_WAIT": "600s",
            "RELAY_TOKEN_TIMEOUT": "120s",
        ]
    }

    private static func guarded(by issuer: ScriptedIssuer) -> @Sendable (ScriptedConnection) throws -> Void {
        { connection in
            while let request = try connection.readRequest(timeout: .seconds(3_600)) {
                if issuer.accepts(request) {
                    try connection.respond(json: "{\"echo\":\(request.body.count)}")
                } else {
                    try connection.respond(401, json: "{\"error\":{\"message\":\"expired\"}}")
                }
            }
        }
    }

    @Test("a revoked token is renewed once for everybody, and every request is sent again whole")
    func revoked() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            let test = try RelayUnderTest(Self.settings(issuer), serve: Self.guarded(by: issuer))
            #expect(try test.chat().status == 200)
            issuer.revokeAll()
            let clients = try (0..<8).map { _ in try test.relay.connect() }
            for client in clients {
                try client.sendRequest("POST", "/v1/embeddings", body: Array("{\"input\":1}".utf8))
            }
            for client in clients { #expect(try client.readResponse(to: "POST").bodyText == "{\"echo\":11}") }
            #expect(issuer.callCount == 2)
            #expect(issuer.mostInFlight == 1)
            Self.expectNoSecrets(test, issuer)
        }
    }

    @Test("without a token the relay is not ready and says so; then it recovers by itself")
    func issuerDown() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.always(.status(500, json: "{\"error\":\"down\"}"))
            var settings = Self.settings(issuer)
            settings["RELAY_TOKEN_WAIT"] = "300ms"
            let test = try RelayUnderTest(settings, serve: Self.guarded(by: issuer))
            #expect(issuer.waitForCalls(1))
            let refused = try test.chat()
            #expect(refused.status == 503)
            #expect(refused.errorCode == "token_unavailable")
            #expect(refused["Retry-After"] != nil)
            #expect(try test.relay.connect().exchange("GET", "/readyz").status == 503)
            #expect(try test.relay.connect().exchange("GET", "/healthz").status == 200)
            issuer.always(nil)
            #expect(test.relay.waitUntilReady())
            #expect(try test.chat().status == 200)
            Self.expectNoSecrets(test, issuer)
        }
    }

    @Test("an upstream that always answers 401 neither takes the relay down nor hammers the issuer")
    func alwaysUnauthorized() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            let settings = Self.settings(issuer).merging(["RELAY_TOKEN_FORCE_MIN_INTERVAL": "600s"]) { $1 }
            let test = try RelayUnderTest(settings) { connection in
                while try connection.readRequest(timeout: .seconds(3_600)) != nil {
                    try connection.respond(401, json: "{}")
                }
            }
            for _ in 0..<10 {
                let answer = try test.chat()
                #expect(answer.status == 502)
                #expect(answer.errorCode == "upstream_auth_rejected")
                #expect(answer["x-should-retry"] == "false")
            }
            #expect(issuer.callCount == 2, "the first, and one forced")
            Self.expectNoSecrets(test, issuer)
        }
    }

    private static func expectNoSecrets(_ test: RelayUnderTest, _ issuer: ScriptedIssuer) {
        let printed = test.relay.everythingPrinted
        #expect(!printed.isEmpty)
        for secret in issuer.issued + [secret] { #expect(!printed.contains(secret)) }
    }
}
