// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Where the token stands upstream, and what counts as its refusal.
@Suite("Tokens: upstream", .serialized)
struct TokenInjectionTests {
    /// One answer of the upstream under rules, and whether it costs a renewal and a replay.
    struct Rule: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var rules: String? = nil
        let status: Int
        var type = "application/json"
        let body: String
        let replays: Bool
    }

    static let rules: [Rule] = [
        Rule(testDescription: "403 without a rule", status: 403, body: #"{"code":40301}"#, replays: false),
        Rule(
            testDescription: "403 that matches", rules: "401;403:/code=40301", status: 403, body: #"{"code":40301}"#,
            replays: true),
        Rule(
            testDescription: "403 that does not", rules: "401;403:/code=40301", status: 403, body: #"{"code":40302}"#,
            replays: false),
        Rule(
            testDescription: "a number as a string", rules: "401;403:/code=40301", status: 403,
            body: #"{"code":"40301"}"#, replays: true),
        Rule(
            testDescription: "200 that matches", rules: "401;200:/code=401|40001", status: 200,
            body: #"{"msg":"gone","code":40001}"#, replays: true),
        Rule(
            testDescription: "200 that does not", rules: "401;200:/code=401|40001", status: 200,
            body: " {\"code\" : 0,\r\n\"data\":[\"\\u00e9\", 1.0e2 ]} ", replays: false),
        Rule(
            testDescription: "200 that is not JSON inside", rules: "200:/code=401", status: 200, body: #"{"code":401"#,
            replays: false),
        Rule(
            testDescription: "200 of another type", rules: "200:/code=401", status: 200, type: "text/plain",
            body: #"{"code":401}"#, replays: false),
        Rule(
            testDescription: "400 with a nested word", rules: "401;400:/error/code=token_expired", status: 400,
            body: #"{"error":{"code":"token_expired"}}"#, replays: true),
        Rule(
            testDescription: "200 over 64 KiB", rules: "200:/code=401", status: 200,
            body: #"{"code":401,"pad":""# + String(repeating: "x", count: 70_000) + #""}"#, replays: false),
        Rule(testDescription: "another status of its own", rules: "401;498", status: 498, body: "{}", replays: true),
        Rule(
            testDescription: "401 where only 498 counts", rules: "498", status: 401, body: #"{"a":1}"#, replays: false),
    ]

    @Test("rules say what a refusal is; any other answer passes to the last byte", arguments: rules)
    func reauthRules(_ rule: Rule) async throws {
        try await onThread {
            let first = Monitor(true)
            let token = try TokenUnderTest(["RELAY_TOKEN_REAUTH_ON": rule.rules ?? ""]) { _, connection in
                let isFirst = first.withLock { isFirst in
                    defer { isFirst = false }
                    return isFirst
                }
                guard isFirst else { return false }
                try connection.respond(
                    rule.status, fields: [WireField("Content-Type", rule.type), WireField("X-Odd", "kept")],
                    body: Array(rule.body.utf8))
                return true
            }
            let answer = try token.chat()
            if rule.replays {
                #expect(answer.status == 200)
                #expect(answer.bodyText.contains("sha256"))
                #expect(answer["X-Odd"] == nil)
                #expect(token.upstream.requestCount == 2)
                #expect(token.issuer.callCount == 2)
            } else {
                #expect(answer.status == rule.status)
                #expect(answer.bodyText == rule.body)
                #expect(answer["X-Odd"] == "kept")
                #expect(token.upstream.requestCount == 1)
                #expect(token.issuer.callCount == 1)
            }
        }
    }

    @Test("a held answer that comes in pieces is passed on whole when it is none of the rules'")
    func heldPieces() async throws {
        try await onThread {
            let gate = Gate()
            let token = try TokenUnderTest(["RELAY_TOKEN_REAUTH_ON": "200:/code=401"]) { _, connection in
                try connection.sendHead(fields: [
                    WireField("Content-Type", "application/json; charset=utf-8"),
                    WireField("Transfer-Encoding", "chunked"),
                ])
                try connection.sendChunk("{\"code\"")
                try gate.wait()
                try connection.sendChunk(":4010}")
                try connection.sendLastChunk()
                return true
            }
            let client = try token.relay.connect()
            try client.sendRequest("POST", "/v1/embeddings", body: Array("{}".utf8))
            #expect(token.upstream.waitForRequests(1))
            gate.open()
            let answer = try client.readResponse(to: "POST")
            #expect(answer.bodyText == "{\"code\":4010}")
            #expect(answer.isComplete)
        }
    }

    /// A place for the token.
    struct Place: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let settings: [String: String]
        let target: String
        /// Fields the upstream must see, by name; an empty value: none of that name.
        let fields: [String: String]
        let seen: String
    }

    static let places: [Place] = [
        Place(
            testDescription: "as always", settings: [:], target: "/v1/embeddings?a=1",
            fields: ["Authorization": "Bearer TOKEN"], seen: "/v1/embeddings?a=1"),
        Place(
            testDescription: "bare, in a header of its own",
            settings: ["RELAY_UPSTREAM_AUTH_HEADER": "X-Auth-Token", "RELAY_UPSTREAM_AUTH_SCHEME": ""],
            target: "/v1/embeddings", fields: ["X-Auth-Token": "TOKEN", "Authorization": ""], seen: "/v1/embeddings"),
        Place(
            testDescription: "with another word", settings: ["RELAY_UPSTREAM_AUTH_SCHEME": "Token"],
            target: "/v1/embeddings", fields: ["Authorization": "Token TOKEN"], seen: "/v1/embeddings"),
        Place(
            testDescription: "in the query, in place of the client's own",
            settings: ["RELAY_UPSTREAM_AUTH_QUERY": "access_token"],
            target: "/v1/embeddings?b=2&access_token=mine&c=3", fields: ["Authorization": ""],
            seen: "/v1/embeddings?b=2&c=3&access_token=TOKEN"),
    ]

    @Test("the token stands where it is wanted, and the client's own never goes there", arguments: places)
    func injection(_ place: Place) async throws {
        try await onThread {
            let token = try TokenUnderTest(place.settings, canaries: ["client-own-canary"]) { _, connection in
                try connection.respond(json: "{}")
                return true
            }
            let client = try token.relay.connect()
            let answer = try client.exchange(
                "POST", place.target,
                fields: [
                    WireField("Authorization", "Bearer client-own-canary"),
                    WireField("X-Auth-Token", "client-own-canary"),
                    WireField("api-key", "client-own-canary"),
                ], body: Array("{}".utf8))
            #expect(answer.status == 200)
            let issued = try #require(token.issuer.issued.first)
            let request = try #require(token.upstream.requests.first)
            #expect(request.target == place.seen.replacing("TOKEN", with: issued))
            for (name, value) in place.fields {
                #expect(request.values(of: name) == (value.isEmpty ? [] : [value.replacing("TOKEN", with: issued)]))
            }
            #expect(request["api-key"] == nil)
            try token.expectNoSecrets()
        }
    }

    @Test("a token of many kilobytes is a token like any other")
    func longToken() async throws {
        try await onThread {
            let long = String(repeating: "aB3-_.~+/", count: 2_000) + "=="
            let issuer = try ScriptedIssuer()
            issuer.always(.status(200, json: "{\"access_token\":\"\(long)\",\"expires_in\":300}"))
            let token = try TokenUnderTest(issuer: issuer) { _, connection in
                try connection.respond(json: "{}")
                return true
            }
            #expect(try token.chat().status == 200)
            #expect(token.upstream.requests.first?.bearerToken == long)
        }
    }

    @Test("a stream outlives its token: renewals pass it by")
    func streamOverRenewals() async throws {
        try await onThread {
            let gate = Gate()
            let token = try TokenUnderTest(lifetime: 2) { request, connection in
                guard request.path == "/v1/chat/completions" else { return false }
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: 1\n\n")
                try gate.wait()
                try connection.sendChunk("data: 2\n\n")
                try connection.sendLastChunk()
                return true
            }
            let client = try token.relay.connect()
            try client.sendRequest("POST", "/v1/chat/completions", body: Array("{}".utf8))
            let head = try client.readHead(to: "POST")
            #expect(token.renewal(3) != nil)
            #expect(try token.post("/v1/embeddings").status == 200)
            gate.open()
            let answer = try client.readBody(of: head)
            #expect(answer.isComplete)
            #expect(answer.bodyText == "data: 1\n\ndata: 2\n\n")
            #expect(token.upstream.requestCount == 2)
        }
    }

    @Test("with the loudest log no token shows, even if the upstream repeats it in its answer")
    func loudestLog() async throws {
        try await onThread {
            let settings = ["RELAY_LOG_LEVEL": "debug", "RELAY_LOG_BODIES": "full"]
            let token = try TokenUnderTest(settings) { request, connection in
                let credential = request["Authorization"] ?? ""
                try connection.respond(
                    403, json: "{\"error\":\"no right for \(credential)\",\"marker\":\"seen\"}")
                return true
            }
            let answer = try token.chat()
            #expect(answer.status == 403)
            #expect(answer.bodyText.contains(try #require(token.issuer.issued.first)))
            #expect(token.relay.waitForLog { $0.text.contains("marker") } != nil)
            try token.expectNoSecrets()
        }
    }

    @Test(
        "a static token's 401 passes with its body and challenge; without a source nothing is sent",
        arguments: [true, false])
    func nothingToRenew(isStatic: Bool) async throws {
        try await onThread {
            let settings = isStatic ? ["RELAY_TOKEN": RelayUnderTest.token] : ["RELAY_TOKEN_SOURCE": "none"]
            let test = try RelayUnderTest(settings) { connection in
                while try connection.readRequest(timeout: .seconds(3_600)) != nil {
                    try connection.respond(
                        401, fields: [WireField("WWW-Authenticate", "Bearer error=\"invalid_token\"")],
                        json: "{\"no\":1}")
                }
            }
            let answer = try test.chat(fields: [WireField("Authorization", "Bearer client-own-canary")])
            #expect(answer.status == 401)
            #expect(answer.bodyText == "{\"no\":1}")
            #expect(answer["WWW-Authenticate"] == "Bearer error=\"invalid_token\"")
            #expect(test.upstream.requestCount == 1)
            let expected = isStatic ? ["Bearer \(RelayUnderTest.token)"] : []
            #expect(test.upstream.requests[0].values(of: "Authorization") == expected)
            #expect(test.relay.waitUntilReady())
            let metrics = try test.relay.connect().exchange("GET", "/metrics").bodyText
            #expect(!metrics.contains("relay_token_generation"))
            #expect(!test.relay.everythingPrinted.contains(RelayUnderTest.token))
        }
    }
}
