// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Tokens that the upstream refuses before they end.
@Suite("Tokens: refusal", .serialized)
struct TokenRejectionTests {
    @Test("one 401 with a Basic challenge costs one forced renewal and one replay, and nothing hangs")
    func basicChallenge() async throws {
        try await onThread {
            let first = Monitor(true)
            let token = try TokenUnderTest { _, connection in
                let isFirst = first.withLock { isFirst in
                    defer { isFirst = false }
                    return isFirst
                }
                guard isFirst else { return false }
                try connection.respond(
                    401,
                    fields: [
                        WireField("WWW-Authenticate", "Basic realm=\"gateway\""),
                        WireField("Content-Type", "text/html"),
                    ],
                    body: Array("<h1>no</h1>".utf8))
                return true
            }
            let answer = try token.chat()
            #expect(answer.status == 200)
            #expect(answer["WWW-Authenticate"] == nil)
            #expect(token.issuer.callCount == 2)
            #expect(token.upstream.requests.map(\.bearerToken) == token.issuer.issued)
            #expect(try token.renewalCount("forced", "success") == 1)
            #expect(try token.metric("relay_replays_total{outcome=\"accepted\"}") == 1)
            let line = token.relay.waitForLog { $0.string("outcome") == "ok" }
            #expect(line?.bool("replayed") == true)
            #expect(token.renewal(2)?.string("trigger") == "forced")
            try token.expectNoSecrets()
        }
    }

    @Test(
        "401s at once cause one forced renewal; each request is sent again once, whole, with its own body",
        arguments: [1, 3])
    func concurrentRefusals(loops: Int) async throws {
        try await onThread {
            let token = try TokenUnderTest(["RELAY_LOOPS": "\(loops)"])
            #expect(try token.chat().status == 200)
            token.issuer.revokeAll()
            let answers = try token.volley(60)
            for (index, answer) in answers.enumerated() {
                #expect(answer.status == 200)
                #expect(answer.bodyText.contains(SHA256.hex(of: TokenUnderTest.body(index).utf8)))
                let id = try #require(answer["X-Request-Id"])
                #expect([[.revoked, .valid], [.valid]].contains(token.verdicts(of: id)))
            }
            #expect(token.verdicts.contains(.revoked))
            #expect(token.issuer.callCount == 2)
            #expect(token.issuer.mostInFlight == 1)
            #expect(try token.renewalCount("forced", "success") == 1)
            try token.expectNoSecrets()
        }
    }

    @Test("a large body is sent again to the last byte", arguments: [true, false])
    func largeBody(isChunked: Bool) async throws {
        try await onThread {
            let token = try TokenUnderTest()
            #expect(try token.chat().status == 200)
            token.issuer.revokeAll()
            var random = SystemRandomNumberGenerator()
            let block = (0..<65_521).map { _ in UInt8.random(in: 0...255, using: &random) }
            let body = Array(repeatElement(block, count: 46).joined()) + [1, 2, 3]
            let client = try token.relay.connect()
            if isChunked {
                try client.send(
                    "POST /v1/embeddings HTTP/1.1\r\nHost: relay.test\r\nTransfer-Encoding: chunked\r\n\r\n")
                for start in stride(from: 0, to: body.count, by: 700_000) {
                    let piece = body[start..<min(start + 700_000, body.count)]
                    try client.send("\(String(piece.count, radix: 16))\r\n")
                    try client.send(Array(piece) + [13, 10])
                }
                try client.send("0\r\n\r\n")
            } else {
                try client.sendRequest("POST", "/v1/embeddings", body: body)
            }
            let answer = try client.readResponse(to: "POST")
            #expect(answer.bodyText == "{\"sha256\":\"\(SHA256.hex(of: body))\"}")
            #expect(token.verdicts == [.valid, .revoked, .valid])
            #expect(token.upstream.requests.suffix(2).allSatisfy { $0.body == body })
        }
    }

    @Test("an upstream that refuses before it has read the body gets the body whole the second time")
    func earlyRefusal() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            let digests = Monitor([String]())
            let upstream = try ScriptedUpstream { connection in
                while let head = try connection.readRequestHead(timeout: .seconds(3_600)) {
                    if connection.index == 0, head.indexOnConnection == 0 {
                        try connection.respond(401, fields: [WireField("Connection", "close")], json: "{}")
                        connection.halfClose()
                        _ = connection.waitForPeerClose()
                        return
                    }
                    let request = try connection.readBody(of: head)
                    digests.withLock { $0.append(SHA256.hex(of: request.body)) }
                    try connection.respond(json: "{}")
                }
            }
            let relay = try RelayProcess([
                "RELAY_UPSTREAM_URL": "\(upstream.baseURL)/v1", "RELAY_OAUTH_TOKEN_URL": issuer.url,
                "RELAY_OAUTH_CLIENT_ID": "relay", "RELAY_OAUTH_CLIENT_SECRET": TokenUnderTest.secret,
                "RELAY_TOKEN_WAIT": "600s", "RELAY_TOKEN_TIMEOUT": "120s",
            ])
            let body = [UInt8](repeating: 120, count: 4_000_000)
            let client = try relay.connect()
            try client.sendRequest("POST", "/v1/embeddings", body: body)
            #expect(try client.readResponse(to: "POST").status == 200)
            #expect(digests.value == [SHA256.hex(of: body)])
            #expect(issuer.callCount == 2)
        }
    }

    @Test("one path that always says 401 harms nobody else, and the issuer is left in peace")
    func forbiddenPath() async throws {
        try await onThread {
            let token = try TokenUnderTest(["RELAY_TOKEN_FORCE_MIN_INTERVAL": "600s"]) { request, connection in
                guard request.path == "/v1/rerank" else { return false }
                try connection.respond(401, json: "{\"error\":\"your model is forbidden\"}")
                return true
            }
            #expect(try token.chat().status == 200)
            for _ in 0..<15 {
                let refused = try token.volley(4, path: "/v1/rerank")
                let others = try token.volley(4)
                for answer in refused {
                    #expect(answer.status == 502)
                    #expect(answer.errorCode == "upstream_auth_rejected")
                    #expect(answer["x-should-retry"] == "false")
                    #expect(!answer.bodyText.contains("forbidden"))
                }
                #expect(others.allSatisfy { $0.status == 200 })
            }
            #expect(token.issuer.callCount == 2, "the first, and one forced at once")
            // Once each, and once more those that had a newer token to try.
            #expect(token.upstream.requests.filter { $0.path == "/v1/rerank" }.count <= 60 + 12)
            #expect(try token.readiness.status == 200)
            try token.expectNoSecrets()
        }
    }

    @Test("a 401 in the cool-down is a 502 at once and costs no call; after it the relay heals by itself")
    func coolDown() async throws {
        try await onThread {
            let token = try TokenUnderTest(["RELAY_TOKEN_FORCE_MIN_INTERVAL": "2s"])
            #expect(try token.chat().status == 200)
            token.issuer.revokeAll()
            let start = monotonicNanoseconds()
            #expect(try token.chat().status == 200)
            token.issuer.revokeAll()
            var refused = [try token.chat()]
            // If the machine was slower than the cool-down, that was served already.
            let isLate = monotonicNanoseconds() - start > 2_000_000_000
            if isLate, refused[0].status == 200 { refused = [] } else { refused += try token.chatUntil(200) }
            for answer in refused {
                #expect(answer.status == 502)
                #expect(answer.errorCode == "upstream_auth_rejected")
                #expect(answer["x-should-retry"] == "false")
            }
            // One call healed it.
            #expect(token.issuer.callCount == 3)
            #expect(token.issuer.pauses.last ?? .zero >= .milliseconds(1_900))
        }
    }

    @Test("a refused token whose renewal fails costs the refused request, not the others")
    func forcedRenewalFails() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.script(.token(lifetime: 300), .status(500, json: "{}"))
            let token = try TokenUnderTest(["RELAY_TOKEN_BACKOFF": "100s..100s"], issuer: issuer) {
                request, connection in
                guard request.path == "/v1/rerank" else { return false }
                try connection.respond(401, json: "{}")
                return true
            }
            #expect(try token.chat().status == 200)
            let refused = try token.post("/v1/rerank")
            #expect(refused.status == 503)
            #expect(refused.errorCode == "token_unavailable")
            #expect(refused["Retry-After"] != nil)
            for answer in try token.volley(10) { #expect(answer.status == 200) }
            #expect(try token.post("/v1/rerank").status == 503)
            #expect(issuer.callCount == 2)
            #expect(try token.readiness.status == 200)
            #expect(try token.renewalCount("forced", "failure") == 1)
        }
    }

    @Test("an issuer that fails just when a token is refused is asked once more before anyone is told")
    func forgivenFailure() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.script(.token(lifetime: 300), .status(500, json: "{}"))
            let token = try TokenUnderTest(issuer: issuer)
            #expect(try token.chat().status == 200)
            issuer.revokeAll()
            for answer in try token.volley(20) { #expect(answer.status == 200) }
            #expect(issuer.callCount == 3)
            #expect(try token.renewalCount("forced", "failure") == 1)
            #expect(try token.renewalCount("forced", "success") == 1)
        }
    }

    @Test("a refusal whose body never ends is not waited for")
    func endlessRefusal() async throws {
        try await onThread {
            let token = try TokenUnderTest { request, connection in
                guard connection.index == 0 else { return false }
                try connection.sendHead(401, fields: [WireField("Transfer-Encoding", "chunked")])
                try connection.sendChunk("no ")
                #expect(connection.waitForPeerClose() != nil)
                return true
            }
            #expect(try token.chat().status == 200)
            #expect(token.upstream.requestCount == 2)
        }
    }

    @Test("once a stream has begun nothing is sent again, whatever it says")
    func streamThatFails() async throws {
        try await onThread {
            let token = try TokenUnderTest(["RELAY_TOKEN_REAUTH_ON": "401;200:/code=401"]) { _, connection in
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: {\"n\":1}\n\n")
                try connection.sendChunk("data: {\"code\":401,\"error\":{\"code\":\"token_expired\"}}\n\n")
                try connection.sendLastChunk()
                return true
            }
            let answer = try token.chat()
            #expect(answer.status == 200)
            #expect(answer.isComplete)
            #expect(
                answer.bodyText
                    == "data: {\"n\":1}\n\ndata: {\"code\":401,\"error\":{\"code\":\"token_expired\"}}\n\n")
            #expect(token.upstream.requestCount == 1)
            #expect(token.issuer.callCount == 1)
        }
    }

    @Test("a client that leaves while its token is renewed is not sent for again")
    func clientLeaves() async throws {
        try await onThread {
            let gate = Gate()
            let issuer = try ScriptedIssuer()
            issuer.script(.token(lifetime: 300), .held(gate, lifetime: 300))
            let token = try TokenUnderTest(issuer: issuer)
            #expect(try token.chat().status == 200)
            issuer.revokeAll()
            let client = try token.relay.connect()
            try client.sendRequest("POST", "/v1/embeddings", body: Array("{\"lost\":1}".utf8))
            #expect(issuer.waitForCalls(2))
            client.reset()
            #expect(token.relay.waitForLog { $0.string("outcome") == "client_gone" } != nil)
            gate.open()
            #expect(token.renewal(2) != nil)
            #expect(try token.chat().status == 200)
            #expect(token.verdicts == [.valid, .revoked, .valid])
            #expect(issuer.callCount == 2)
        }
    }
}
