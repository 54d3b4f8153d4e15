// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Tokens that end, one after the other, while the issuer does its work.
@Suite("Tokens: renewal", .serialized)
struct TokenRenewalTests {
    @Test("under load tokens follow each other unnoticed, one call and one line a renewal")
    func rotation() async throws {
        try await onThread {
            let token = try TokenUnderTest(lifetime: 5)
            let clients = try (0..<8).map { _ in try token.relay.connect() }
            let deadline = Deadline(hangLimit)
            while token.issuer.callCount < 5, !deadline.isOver {
                for (index, client) in clients.enumerated() {
                    try client.sendRequest(
                        "POST", "/v1/embeddings", fields: [ScriptedIssuer.stamp],
                        body: Array(TokenUnderTest.body(index).utf8))
                }
                for (index, client) in clients.enumerated() {
                    let answer = try client.readResponse(to: "POST")
                    #expect(answer.status == 200)
                    #expect(answer.bodyText.contains(SHA256.hex(of: TokenUnderTest.body(index).utf8)))
                }
            }
            #expect(token.renewal(5) != nil)
            #expect(token.verdicts.allSatisfy { $0 == .valid })
            #expect(token.issuer.mostInFlight == 1)
            let lines = token.renewals
            #expect(lines.compactMap { $0.int("generation") } == Array(1...lines.count))
            for line in lines {
                #expect(["start", "timer", "demand"].contains(line.string("trigger")))
                #expect((1...5_000).contains(line.number("lifetime_ms") ?? 0))
                #expect((0...2_500).contains(line.number("renew_in_ms") ?? -1))
                #expect(line.number("duration_ms") ?? 0 > 0)
            }
            #expect(try token.metric("relay_token_generation") ?? 0 >= 5)
            #expect(try token.metric("relay_token_seconds_to_expiry") ?? 9 <= 5)
            #expect(try token.metric("relay_token_age_seconds") ?? 9 <= 5)
            #expect(try token.metric("relay_token_renewal_seconds_count") ?? 0 >= 5)
            // Unless a machine stalls for as long as a token lives.
            #expect(token.failedRenewals.allSatisfy { $0.string("failure") == "expired_on_arrival" })
            try token.expectNoSecrets()
        }
    }

    @Test("an issuer that is slow at a renewal holds up nobody: the old token serves meanwhile")
    func slowRenewal() async throws {
        try await onThread {
            let gate = Gate()
            let issuer = try ScriptedIssuer()
            issuer.script(.renewedSoon, .held(gate, lifetime: 300))
            let token = try TokenUnderTest(["RELAY_TOKEN_TIMEOUT": "600s"], issuer: issuer)
            #expect(try token.chat().status == 200)
            #expect(issuer.waitForCalls(2))
            for answer in try token.volley(20) { #expect(answer.status == 200) }
            let used = token.upstream.requests.compactMap(\.bearerToken)
            #expect(Set(used) == Set(issuer.issued))
            #expect(issuer.issued.count == 1)
            #expect(issuer.callCount == 2)
            gate.open()
            #expect(token.renewal(2) != nil)
            #expect(try token.chat().status == 200)
            #expect(token.upstream.requests.last?.bearerToken == issuer.issued.last)
        }
    }

    @Test("an issuer that is back before the token ends was never missed")
    func outageWithinLife() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer(lifetime: 300)
            issuer.script(.renewedSoon, .status(500, json: "{}"), .close, .status(503, json: "{}"), .reset)
            let token = try TokenUnderTest(issuer: issuer)
            #expect(try token.chat().status == 200)
            var answers: [ReceivedResponse] = []
            #expect(
                try eventually {
                    answers += try token.volley(4)
                    return issuer.issued.count == 2
                })
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(token.verdicts.allSatisfy { $0 == .valid })
            #expect(token.renewal(2) != nil)
            #expect(try token.renewalCount("timer", "failure") ?? 0 >= 1)
            // The two that closed may have been asked once more at once: the connection had served before.
            #expect(issuer.callCount == 6)
            #expect((2...4).contains(token.failedRenewals.count))
            try token.expectNoSecrets()
        }
    }

    /// What an issuer answers, and what the relay makes of it.
    struct Reading: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let json: String
        var settings: [String: String] = [:]
        let lifetime: ClosedRange<Double>
        var warns = false
    }

    static let readings: [Reading] = [
        Reading(
            testDescription: "a number as a string", json: #"{"access_token":"TOKEN","expires_in":"300"}"#,
            lifetime: 280_000...300_000),
        Reading(
            testDescription: "a fraction", json: #"{"access_token":"TOKEN","expires_in":300.5}"#,
            lifetime: 280_000...300_500),
        Reading(
            testDescription: "nothing", json: #"{"access_token":"TOKEN"}"#, lifetime: 280_000...300_000, warns: true),
        Reading(
            testDescription: "null", json: #"{"access_token":"TOKEN","expires_in":null}"#,
            settings: ["RELAY_TOKEN_DEFAULT_TTL": "60s"], lifetime: 40_000...60_000, warns: true),
        Reading(
            testDescription: "a fixed lifetime wins", json: #"{"access_token":"TOKEN","expires_in":9999}"#,
            settings: ["RELAY_TOKEN_TTL": "50s"], lifetime: 30_000...50_000),
        Reading(
            testDescription: "too long for a token", json: #"{"access_token":"TOKEN","expires_in":9999999}"#,
            lifetime: 86_300_000...86_400_000, warns: true),
        Reading(
            testDescription: "an in-house answer in milliseconds",
            json: #"{"code":0,"data":{"token":"TOKEN","expireTime":300000}}"#,
            settings: [
                "RELAY_TOKEN_FROM": "json:/data/token", "RELAY_TOKEN_EXPIRY_FROM": "json:/data/expireTime",
                "RELAY_TOKEN_EXPIRY_KIND": "in_ms", "RELAY_TOKEN_OK": "json:/code=0",
            ], lifetime: 280_000...300_000),
    ]

    @Test("lifetimes in every spelling", arguments: readings)
    func lifetimes(_ reading: Reading) async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.always(.template(200, reading.json))
            let token = try TokenUnderTest(reading.settings, issuer: issuer)
            let line = try #require(token.renewal(1))
            #expect(reading.lifetime.contains(line.number("lifetime_ms") ?? -1))
            #expect(try token.chat().status == 200)
            let warnings = token.relay.process.lines.filter { $0.string("msg") == "token warning" }
            #expect(warnings.count == (reading.warns ? 1 : 0))
        }
    }

    @Test("a moment counts by the issuer's Date, however wrong both clocks are", arguments: [-600, 0, 600])
    func clockSkew(_ seconds: Int) async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            let wall = wallClockSeconds() + seconds
            issuer.always(
                .template(
                    200, "{\"access_token\":\"TOKEN\",\"expires_at\":\(wall + 300)}",
                    fields: [WireField("Date", httpDate(wall))]))
            let token = try TokenUnderTest(["RELAY_TOKEN_EXPIRY_FROM": "json:/expires_at"], issuer: issuer)
            let line = try #require(token.renewal(1))
            #expect((280_000...300_000).contains(line.number("lifetime_ms") ?? -1))
        }
    }

    @Test("without an expiry the default life is used and said once; a configured one sets the pace")
    func defaultLifetime() async throws {
        try await onThread {
            let token = try TokenUnderTest(lifetime: nil, ["RELAY_TOKEN_DEFAULT_TTL": "1s"])
            #expect(token.renewal(3) != nil)
            #expect(token.relay.process.lines.filter { $0.string("msg") == "token warning" }.count == 1)
            let paced = try TokenUnderTest(lifetime: nil, ["RELAY_TOKEN_TTL": "40s"])
            let line = try #require(paced.renewal(1))
            let renewIn = try #require(line.number("renew_in_ms"))
            let spent = try #require(line.number("duration_ms"))
            #expect((25_900...30_100).contains(renewIn + spent))
        }
    }

    @Test("a client secret changed in its file is used at the next fetch, without a restart")
    func rotatedSecret() async throws {
        try await onThread {
            let scratch = try ScratchDirectory()
            let path = try scratch.write("secret", "old-secret-canary\n")
            let issuer = try ScriptedIssuer()
            issuer.script(.renewedSoon)
            let token = try TokenUnderTest(
                [
                    "RELAY_OAUTH_CLIENT_SECRET": "", "RELAY_OAUTH_CLIENT_SECRET_FILE": path,
                    "RELAY_OAUTH_CLIENT_AUTH": "post",
                ],
                issuer: issuer, canaries: ["old-secret-canary", "new-secret+canary"])
            #expect(token.renewal(1) != nil)
            try scratch.write("secret", "new-secret+canary\r\n")
            #expect(token.renewal(2) != nil)
            let forms = issuer.calls.map(\.bodyText)
            #expect(forms.first?.contains("client_secret=old-secret-canary") == true)
            #expect(
                forms.last?.hasSuffix("client_secret=new-secret%2Bcanary") == true
                    || forms.last?.contains("client_secret=new-secret%2Bcanary&") == true)
            try token.expectNoSecrets()
        }
    }

    @Test("a refused client is asked for rarely, until SIGHUP says that something has changed")
    func refusedClient() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.always(
                .status(
                    401, json: #"{"error":"invalid_client","error_description":"\#(TokenUnderTest.secret)"}"#,
                    fields: [WireField("WWW-Authenticate", "Basic realm=\"issuer\"")]))
            let start = monotonicNanoseconds()
            let token = try TokenUnderTest(["RELAY_TOKEN_WAIT": "100ms"], issuer: issuer)
            let line = token.relay.waitForLog { $0.string("msg") == "token renewal failed" }
            #expect((3_900...6_100).contains(line?.number("retry_in_ms") ?? 0))
            #expect(line?.string("detail")?.contains("invalid_client") == true)
            #expect(try token.chat().status == 503)
            // The second call is 4 s away at least.
            #expect(issuer.callCount == 1 || monotonicNanoseconds() - start > 3_900_000_000)
            token.relay.process.send(1)
            let again = token.relay.waitForLog {
                $0.string("msg") == "token renewal failed" && $0.string("trigger") == "reload"
            }
            #expect(again != nil)
            issuer.always(nil)
            token.relay.process.send(1)
            #expect(token.renewal(1) != nil)
            #expect(try token.chat().status == 200)
            try token.expectNoSecrets()
        }
    }
}
