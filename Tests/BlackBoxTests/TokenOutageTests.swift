// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Issuers that are down, slow, silent or busy.
@Suite("Tokens: the issuer fails", .serialized)
struct TokenOutageTests {
    @Test("an issuer down at start gets a handful of calls whatever the load, and then all is well by itself")
    func downAtStart() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.always(.status(500, json: "{\"error\":\"down\"}"))
            let token = try TokenUnderTest(
                ["RELAY_TOKEN_BACKOFF": "1s..30s", "RELAY_TOKEN_WAIT": "50ms"], issuer: issuer)
            #expect(token.relay.waitForLog { $0.string("msg") == "token renewal failed" } != nil)
            let start = monotonicNanoseconds()
            for _ in 0..<4 {
                for answer in try token.volley(60) {
                    #expect(answer.status == 503)
                    #expect(answer.errorCode == "token_unavailable")
                    let wait = try #require(answer["Retry-After"].flatMap { Int($0) })
                    #expect((1...40).contains(wait))
                }
                #expect(try token.get("/healthz").status == 200)
                let readiness = try token.readiness
                #expect(readiness.status == 503)
                #expect(readiness.reason == "no_token")
                #expect(readiness.detail == "refused")
            }
            // The pauses double; a slow machine only sees more of them.
            let seconds = Int((monotonicNanoseconds() - start) / 1_000_000_000)
            #expect(issuer.callCount <= 6 + seconds / 10)
            #expect(token.upstream.requestCount == 0)
            issuer.always(nil)
            #expect(token.relay.waitUntilReady())
            #expect(try token.chat().status == 200)
            #expect(try token.renewalCount("timer", "success") == 1)
            try token.expectNoSecrets()
        }
    }

    @Test("in back-off a request fails at once, and says when to come again")
    func failsFast() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.always(.status(503, json: "{}"))
            let token = try TokenUnderTest(["RELAY_TOKEN_BACKOFF": "100s..100s"], issuer: issuer)
            _ = token.relay.waitForLog { $0.string("msg") == "token renewal failed" }
            // Each is answered at once, not after the ten minutes that a request may wait here.
            for answer in try token.volley(30) {
                #expect(answer.status == 503)
                let wait = try #require(answer["Retry-After"].flatMap { Int($0) })
                #expect((1...120).contains(wait))
            }
            #expect(issuer.callCount == 1)
        }
    }

    @Test(
        "Retry-After keeps the issuer's peace, as seconds or as a date, from requests too",
        arguments: ["40", "DATE"])
    func retryAfter(_ value: String) async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            var fields = [WireField("Retry-After", value)]
            if value == "DATE" {
                fields = [
                    WireField("Date", "Wed, 01 Jan 2025 00:00:00 GMT"),
                    WireField("Retry-After", "Wed, 01 Jan 2025 00:00:40 GMT"),
                ]
            }
            issuer.always(.status(429, json: "{}", fields: fields))
            let token = try TokenUnderTest(issuer: issuer)
            _ = token.relay.waitForLog { $0.string("msg") == "token renewal failed" }
            for answer in try token.volley(20) {
                #expect(answer.status == 503)
                let wait = try #require(answer["Retry-After"].flatMap { Int($0) })
                #expect((20...41).contains(wait))
            }
            #expect(issuer.callCount == 1)
        }
    }

    @Test("a short Retry-After is waited out, then a token comes")
    func shortRetryAfter() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.script(.status(503, json: "{}", fields: [WireField("Retry-After", "1")]))
            let token = try TokenUnderTest(issuer: issuer)
            #expect(try token.chat().status == 200)
            #expect(issuer.pauses.count == 1)
            #expect(issuer.pauses.allSatisfy { $0 >= .milliseconds(950) })
        }
    }

    @Test("an issuer that accepts and never answers costs its time limit, not the relay")
    func silentIssuer() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.always(.hang)
            let token = try TokenUnderTest(
                ["RELAY_TOKEN_TIMEOUT": "1s", "RELAY_TOKEN_WAIT": "300ms", "RELAY_TOKEN_BACKOFF": "1s..1s"],
                issuer: issuer)
            for answer in try token.volley(20) {
                #expect(answer.status == 503)
                #expect(answer.errorCode == "token_unavailable")
            }
            #expect(
                token.relay.waitForLog {
                    $0.string("failure") == "timeout" || $0.string("failure") == "transport_timeout"
                } != nil)
            #expect(try token.get("/healthz").status == 200)
            issuer.always(nil)
            #expect(token.relay.waitUntilReady())
            #expect(try token.chat().status == 200)
            try token.expectNoSecrets()
        }
    }

    @Test("errors of all kinds heal without anyone noticing but the one who waits")
    func healing() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.script(
                .status(500, json: "{}"), .close, .reset, .raw(Array("SSH-2.0-odd\r\n\r\n".utf8)),
                .status(200, json: "{}"),
                .status(204, json: ""),
                .status(302, json: "{}", fields: [WireField("Location", "http://127.0.0.1:9/")]),
                .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{\"access_token\":\"torn".utf8)))
            let token = try TokenUnderTest(issuer: issuer)
            for answer in try token.volley(10) { #expect(answer.status == 200) }
            #expect(issuer.callCount == 9)
            #expect(token.renewal(1) != nil)
            // A connection that had served before and was closed may have been replaced at once.
            #expect((5...8).contains(token.failedRenewals.count))
            #expect(
                token.failedRenewals.allSatisfy { ($0.number("retry_in_ms") ?? 0) > 0 && $0.string("side") == "issuer" }
            )
            #expect(token.upstream.requestCount == 10)
            try token.expectNoSecrets()
        }
    }

    @Test("what is no token never becomes a header: a broken answer is a failed fetch")
    func unusableTokens() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            let values = [
                #""a\r\nX-Evil: 1""#, #""a b""#, #""""#, #""line\n""#, #""tab\t""#, #""nul\u0000""#, #""é""#, "12",
                "null",
                "{}", "[\"a\"]", "true", #""a,b c""#,
            ]
            for value in values {
                issuer.script(.status(200, json: "{\"access_token\":\(value),\"expires_in\":300}"))
            }
            for expiry in ["true", #""soon""#, "0", "-5", "1e309", "[]", #""""#] {
                issuer.script(.status(200, json: "{\"access_token\":\"fine\",\"expires_in\":\(expiry)}"))
            }
            let token = try TokenUnderTest(["RELAY_TOKEN_BACKOFF": "100ms..100ms"], issuer: issuer)
            #expect(token.relay.waitUntilReady())
            #expect(try token.chat().status == 200)
            #expect(issuer.callCount == values.count + 8)
            #expect(token.renewal(1) != nil)
            #expect(token.failedRenewals.count == values.count + 7)
            let request = try #require(token.upstream.requests.first)
            #expect(request.values(of: "Authorization").count == 1)
            #expect(request["X-Evil"] == nil)
            #expect(token.upstream.requestCount == 1)
            try token.expectNoSecrets()
        }
    }

    @Test("a valid token serves through an outage to its end, never a moment longer, and then there is advice")
    func outageOfALiveToken() async throws {
        try await onThread {
            let token = try TokenUnderTest(lifetime: 3, ["RELAY_TOKEN_WAIT": "300ms"])
            _ = try token.chatUntil(200)
            token.issuer.always(.status(500, json: "{}"))
            let before = try token.chatUntil(503)
            #expect(before.allSatisfy { $0.status == 200 })
            // Renewal begins at half of this life at the latest; the issuer says no again and again.
            #expect(token.issuer.waitForCalls(3))
            // On a slow machine a token may have ended before it came.
            let failed = token.failedRenewals.filter { $0.string("failure") != "expired_on_arrival" }
            let held = token.renewals.last?.int("generation")
            #expect(failed.allSatisfy { $0.int("generation") == held })
            let refused = try token.chat()
            #expect(refused.status == 503)
            #expect(refused["Retry-After"] != nil)
            let readiness = try token.readiness
            #expect(readiness.status == 503)
            #expect(readiness.reason == "token_expired")
            #expect(try token.get("/healthz").status == 200)
            #expect(token.verdicts.allSatisfy { $0 == .valid })
            token.issuer.always(nil)
            _ = try token.chatUntil(200)
            #expect(token.relay.waitUntilReady())
            #expect(token.verdicts.allSatisfy { $0 == .valid })
            try token.expectNoSecrets()
        }
    }
}
