// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayTestSupport
import Testing

/// `tokenrelay check` against gateways that misbehave, each in one way.
@Suite("Check against gateways")
struct CheckUpstreamTests {
    @Test("all is well: every step passes, and the exit code is 0")
    func good() async throws {
        try await onThread {
            var gateway = try CheckGateway()
            var outcome = try gateway.check()
            // A server gets three seconds to say what time it is; a machine under load may take longer.
            for _ in 0..<5 where outcome.outcome("clock") == "skipped" {
                gateway = try CheckGateway()
                outcome = try gateway.check()
            }
            #expect(outcome.exit == .code(0), "\(outcome.printed)")
            #expect(
                outcome.steps.compactMap { $0["step"]?.text } == [
                    "configuration", "issuer_dns", "issuer_tcp", "upstream_dns", "upstream_tcp", "clock", "token",
                    "models",
                    "chat", "stream", "embeddings", "rerank",
                ])
            #expect(outcome.steps.allSatisfy { $0["outcome"]?.text == "passed" }, "\(outcome.printed)")
            #expect(outcome.detail("token").contains("lives 300 s"))
            #expect(outcome.detail("stream").contains("nothing buffers"))
            #expect(gateway.issuer.callCount == 1 + 1, "one token, and the probe of the connection")
        }
    }

    @Test("what the gateway gets is what it would get from the relay")
    func sameRequests() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            _ = try gateway.check(
                [
                    "RELAY_MODEL_MAP": "alias=real", "RELAY_UPSTREAM_HEADERS": #"{"X-Tenant":"t1"}"#,
                ], ["--model", "alias"])
            let chat = try #require(gateway.upstream.requests.first { $0.path == "/v1/chat/completions" })
            #expect(chat["X-Tenant"] == "t1")
            #expect(chat["Accept-Encoding"] == "identity")
            #expect(JSON(parsing: chat.body)?["model"]?.text == "real")
        }
    }

    @Test("a refused token: header and scheme are named, and nothing else is tried")
    func tokenRefused() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            let outcome = try gateway.check(["RELAY_UPSTREAM_AUTH_HEADER": "X-Token", "RELAY_UPSTREAM_AUTH_SCHEME": ""])
            outcome.expectFailure(of: "models", "token_refused")
            #expect(outcome.cause("models").contains("\"X-Token: <token>\""))
            #expect(outcome.outcome("chat") == "skipped")
            #expect(outcome.outcome("stream") == "skipped")
        }
    }

    @Test("a base without /v1 is told what to set")
    func missingVersion() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            let base = gateway.upstream.baseURL
            let outcome = try gateway.check(["RELAY_UPSTREAM_URL": base])
            outcome.expectFailure(of: "models", "version_segment")
            #expect(outcome.cure("models") == "set RELAY_UPSTREAM_URL=\(base)/v1")
        }
    }

    @Test("a wrong path gets the hint about /v1 although nothing better is known")
    func wrongPath() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            let outcome = try gateway.check(["RELAY_UPSTREAM_URL": "\(gateway.upstream.baseURL)/nowhere"])
            outcome.expectFailure(of: "models", "path_unknown")
            #expect(outcome.cure("models").contains("end it in /v1"))
            let named = try gateway.check(
                ["RELAY_UPSTREAM_URL": "\(gateway.upstream.baseURL)/v1/v2"], ["--model", "m"])
            #expect(named.outcome("models") == "warned")
            #expect(named.code("models") == "model_list_missing")
            #expect(named.code("chat") == "path_unknown")
            #expect(named.outcome("stream") == "skipped")
        }
    }

    @Test("an unknown model: the known ones are listed")
    func unknownModel() async throws {
        try await onThread {
            let gateway = try CheckGateway([
                "chat/completions": { _, connection in
                    try connection.respond(404, json: #"{"error":{"code":"model_not_found","message":"x"}}"#)
                }
            ])
            let outcome = try gateway.check([:], ["--model", "bad-model"])
            outcome.expectFailure(of: "chat", "model_unknown")
            #expect(outcome.cause("chat").contains("\"bad-model\""))
            #expect(outcome.cure("chat").contains("good-chat, good-embed, good-rerank"))
            #expect(outcome.outcome("stream") == "skipped")
            #expect(outcome.outcome("embeddings") == "passed")
        }
    }

    @Test("a web page, and JSON of another shape, are not taken for answers")
    func wrongAnswers() async throws {
        try await onThread {
            let gateway = try CheckGateway([
                "models": { _, connection in
                    try connection.respond(
                        fields: [WireField("Content-Type", "text/html")], body: Array("<html>login</html>".utf8))
                }
            ])
            gateway.issuer.setLifetime(60)
            let page = try gateway.check()
            page.expectFailure(of: "models", "answer_not_json")
            #expect(page.outcome("chat") == "skipped")

            let other = try CheckGateway([
                "embeddings": { _, connection in try connection.respond(json: #"{"vectors":[],"took":1}"#) }
            ])
            let shape = try other.check()
            shape.expectFailure(of: "embeddings", "answer_unexpected")
            #expect(shape.cause("embeddings").contains("vectors, took"))
        }
    }

    @Test("a stream in one lump")
    func lump() async throws {
        try await onThread {
            let gateway = try CheckGateway(["stream": { _, connection in try CheckGateway.lump(connection) }])
            let outcome = try gateway.check()
            outcome.expectFailure(of: "stream", "stream_in_one_lump")
            #expect(outcome.step("stream")?["events"]?.number == 11)
        }
    }

    @Test("a first piece that takes too long")
    func slowFirstPiece() async throws {
        try await onThread {
            let gateway = try CheckGateway([
                "stream": { _, connection in
                    CheckGateway.pause(.milliseconds(400), connection)
                    try CheckGateway.stream(connection)
                }
            ])
            let outcome = try gateway.check([:], ["--first-piece-limit", "300ms"])
            outcome.expectFailure(of: "stream", "first_piece_slow")
        }
    }

    @Test("no stream at all, an error within, and one that is cut off")
    func badStreams() async throws {
        try await onThread {
            let ignored = try CheckGateway(["stream": { _, c in try c.respond(json: #"{"choices":[{"message":{}}]}"#) }]
            )
            try ignored.check().expectFailure(of: "stream", "stream_ignored")
            let failing = try CheckGateway([
                "stream": { _, connection in
                    try connection.sendEventStreamHead()
                    try connection.sendChunk("data: {\"error\":{\"message\":\"canary-client-key-77aa\"}}\n\n")
                    try connection.sendLastChunk()
                }
            ])
            try failing.check().expectFailure(of: "stream", "stream_error")
            let cut = try CheckGateway([
                "stream": { _, connection in
                    try connection.sendEventStreamHead()
                    try connection.sendChunk("data: {\"choices\":[{\"delta\":{}}]}\n\n")
                    connection.close()
                }
            ])
            try cut.check().expectFailure(of: "stream", "stream_error")
        }
    }

    @Test(
        "other refusals of the gateway",
        arguments: [
            (403, "token_forbidden"), (429, "rate_limited"), (500, "upstream_fault"), (302, "redirected"),
            (400, "request_refused"),
        ])
    func refusals(_ status: Int, _ code: String) async throws {
        try await onThread {
            let gateway = try CheckGateway([
                "chat/completions": { _, c in try c.respond(status, json: #"{"error":"canary-client-key-77aa"}"#) }
            ])
            try gateway.check().expectFailure(of: "chat", code)
        }
    }

    @Test("a gateway that never answers, and one that closes without a word")
    func silence() async throws {
        try await onThread {
            let hanging = try CheckGateway([
                "chat/completions": { _, c in _ = c.waitForPeerClose() }
            ])
            let outcome = try hanging.check([:], ["--timeout", "8s"])
            outcome.expectFailure(of: "chat", "answer_timeout")
            let closing = try CheckGateway(["chat/completions": { _, c in c.close() }])
            try closing.check().expectFailure(of: "chat", "connection_lost")
        }
    }

    @Test("a clock that is off by more than half a minute is a warning, not a failure")
    func clock() async throws {
        try await onThread {
            let gateway = try CheckGateway([
                "HEAD": { _, c in try c.sendHead(204, fields: [WireField("Date", httpDate(time(nil) + 95))]) }
            ])
            // A server gets three seconds to say what time it is; a machine under load may take longer.
            var outcome = try gateway.check()
            for _ in 0..<5 where outcome.outcome("clock") == "skipped" { outcome = try gateway.check() }
            #expect(outcome.outcome("clock") == "warned")
            #expect(outcome.code("clock") == "clock_off")
            #expect(outcome.cause("clock").contains("behind"))
            #expect(outcome.exit == .code(0))
        }
    }
}
