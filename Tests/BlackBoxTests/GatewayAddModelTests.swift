// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// What RAGFlow does when a user adds a model: ten seconds for everything, then it hangs up in the middle of the stream.
@Suite("Adding a model in RAGFlow", .serialized)
struct GatewayAddModelTests {
    private static let piece =
        #"data: {"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}"# + "\n\n"

    @Test("the token is there before the first request, the first piece comes at once, and hanging up is no failure")
    func addsAModel() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            let left = Gate()
            let test = try GatewayUnderTest(
                [
                    "RELAY_TOKEN": "", "RELAY_OAUTH_TOKEN_URL": issuer.url, "RELAY_OAUTH_CLIENT_ID": "relay",
                    "RELAY_OAUTH_CLIENT_SECRET": "secret", "RELAY_CLIENT_KEYS": "ragflow:key-typed-in-ragflow",
                    "RELAY_TOKEN_TIMEOUT": "120s",
                ]
            ) { request, connection in
                guard issuer.accepts(request) else { return try connection.respond(401, json: "{}") }
                try connection.sendEventStreamHead()
                try connection.sendChunk(Self.piece)
                // A model that would go on for long.
                if connection.waitForPeerClose() != nil { left.open() }
                connection.close()
            }
            #expect(test.relay.waitUntilReady())
            #expect(issuer.callCount == 1)
            let fields = [
                WireField("Authorization", "Bearer key-typed-in-ragflow"), WireField("X-Request-Id", "add-model"),
                WireField("Content-Type", "application/json"), WireField("Accept", "application/json"),
                WireField("User-Agent", "AsyncOpenAI/Python 2.41.0"), WireField("x-stainless-read-timeout", "600"),
            ]
            let client = try test.relay.connect()
            let body = #"{"messages":[{"role":"user","content":"Hi"}],"model":"m","stream":true,"temperature":0.9}"#
            try client.sendRequest("POST", "/v1/chat/completions", fields: fields, body: Array(body.utf8))
            let head = try client.readHead(to: "POST")
            #expect(head.status == 200)
            #expect(head["X-Accel-Buffering"] == "no")
            #expect(String(decoding: try client.read(through: "\n\n"), as: UTF8.self).hasSuffix(Self.piece))
            client.close()
            try left.wait()
            let line = try #require(test.relay.waitForAccessLog(requestID: "add-model"))
            #expect(line.string("outcome") == "client_gone")
            #expect(line.string("level") == "info")
            #expect(line.string("client") == "ragflow")
            #expect(line.number("token_ms") == nil)
            let bad = test.relay.process.lines.filter { ["warn", "error"].contains($0.string("level") ?? "") }
            #expect(bad.filter { $0.string("msg")?.contains("descriptor") != true } == [])
            let metrics = try test.send("GET", "/metrics").bodyText
            #expect(metrics.contains(#"relay_cancelled_total{side="client"} 1"#))
            #expect(!metrics.contains("relay_upstream_errors_total{kind=\"reset\"} 1"))
            #expect(issuer.callCount == 1)
        }
    }
}
