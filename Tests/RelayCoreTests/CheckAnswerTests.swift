// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore
import Testing

/// Answers of gateways and relays, each read for its cause.
@Suite("Check: answers")
struct CheckAnswerTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var status: Int
        var body: String
        var code: CheckCause?
        var says = ""
        var testDescription: String { "\(status) \(body)" }
    }

    static let samples: [Sample] = [
        Sample(status: 200, body: "{}", code: nil),
        Sample(status: 401, body: "{}", code: .tokenRefused, says: "\"Authorization: Bearer <token>\""),
        Sample(status: 403, body: "{}", code: .tokenForbidden, says: "RELAY_OAUTH_SCOPE"),
        Sample(status: 404, body: "not found", code: .pathUnknown, says: "leave /v1 out"),
        Sample(status: 405, body: "", code: .pathUnknown, says: "(405)"),
        Sample(
            status: 404, body: #"{"error":{"message":"The model `m1` does not exist","code":"model_not_found"}}"#,
            code: .modelUnknown, says: "a, b"),
        Sample(status: 400, body: #"{"error":{"message":"Unknown model m1"}}"#, code: .modelUnknown, says: "\"m1\""),
        Sample(status: 404, body: #"{"object":"error","message":"The model m1 does not exist."}"#, code: .modelUnknown),
        Sample(status: 503, body: #"{"error":{"message":"no available channel for model m1"}}"#, code: .modelUnknown),
        Sample(status: 400, body: #"{"detail":"模型不存在"}"#, code: .modelUnknown),
        Sample(
            status: 400, body: #"{"error":{"message":"max_tokens too large for this model","code":"bad_param"}}"#,
            code: .requestRefused, says: "\"bad_param\""),
        Sample(
            status: 422, body: #"{"detail":[{"msg":"Extra inputs"}]}"#, code: .requestRefused, says: "RELAY_DROP_FIELDS"
        ),
        Sample(status: 400, body: "<html>400 No required SSL certificate was sent", code: .tlsClientCertificate),
        Sample(
            status: 400, body: "<html>The plain HTTP request was sent to HTTPS port", code: .tlsNeeded, says: "https://"
        ),
        Sample(status: 400, body: "Client sent an HTTP request to an HTTPS server.", code: .tlsNeeded),
        Sample(status: 407, body: "", code: .proxyLogin, says: "RELAY_UPSTREAM_PROXY"),
        Sample(status: 429, body: "{}", code: .rateLimited),
        Sample(status: 500, body: "{}", code: .upstreamFault, says: "(500)"),
        Sample(status: 302, body: "", code: .redirected, says: "login page"),
    ]

    @Test("each status has its own cause and cure", arguments: samples)
    func causes(_ sample: Sample) throws {
        let finding = CheckFinding(CheckSample.answer(sample.status, sample.body), to: CheckSample.chat)
        #expect(finding?.code == sample.code)
        guard let finding else { return }
        let text = finding.advice.cause.english + " | " + finding.advice.cure.english
        #expect(text.contains(sample.says), "\(text)")
        try CheckWording.expectGood(finding)
    }

    @Test("a 404 at a base without /v1 hints at adding it")
    func versionHint() throws {
        let finding = try #require(CheckFinding(CheckSample.answer(404, ""), to: CheckSample.models))
        #expect(finding.advice.cure.english.contains("end it in /v1"))
    }

    @Test("a redirect names its target without what could be secret in it")
    func redirect() throws {
        let answer = CheckAnswer(
            status: 302, fields: ["Location": "https://user:canary@sso.example/login?state=canary"], body: [])
        let finding = try #require(CheckFinding(answer, to: CheckSample.chat))
        #expect(finding.advice.cause.english.contains("sso.example/login"))
        #expect(!"\(finding)".contains("canary"))
    }

    @Test("a refused token tells how it was sent and what the gateway asks for")
    func refusedToken() throws {
        let answer = CheckAnswer(
            status: 401, fields: ["WWW-Authenticate": "Basic realm=\"canary\", charset=\"UTF-8\""], body: [])
        let bare = try #require(CheckFinding(answer, to: CheckSample.models)).advice.cause.english
        #expect(bare == "the gateway refused the token (401); it was sent as \"X-Token: <token>\", it asks for Basic")
    }

    @Test("an answer of another shape is described by its members, never by their values")
    func unexpected() throws {
        let page = CheckFinding.unexpected(
            CheckSample.answer(200, "<html>canary", type: "text/html; x=1"), to: CheckSample.chat)
        #expect(page?.code == .answerNotJSON)
        #expect(page?.advice.cause.english == "the answer is not JSON but a web page (text/html)")
        let other = CheckFinding.unexpected(
            CheckSample.answer(200, #"{"code":0,"result":"canary"}"#), to: CheckSample.chat)
        #expect(other?.code == .answerUnexpected)
        #expect(other?.advice.cause.english == "the answer has no choices; there is JSON with the members code, result")
        let empty = CheckFinding.unexpected(CheckSample.answer(200, ""), to: CheckSample.chat)
        #expect(empty?.advice.cause.english == "the answer is not JSON but nothing")
        #expect(CheckFinding.unexpected(CheckSample.answer(200, #"{"choices":[{}]}"#), to: CheckSample.chat) == nil)
        #expect(CheckFinding.unexpected(CheckSample.answer(200, #"{"data":[]}"#), to: CheckSample.models) == nil)
        #expect(
            CheckFinding.unexpected(CheckSample.answer(200, #"{"choices":[]}"#), to: CheckSample.chat)?.code
                == .answerUnexpected)
        #expect(
            CheckFinding.unexpected(CheckSample.answer(200, "[1]"), to: CheckSample.chat)?.code == .answerUnexpected)
    }

    @Test(
        "the relay's own errors are told from the gateway's",
        arguments: [
            ("client_key_rejected", CheckCause.relayKeyRefused), ("token_unavailable", .relayNotReady),
            ("unknown_endpoint", .relayPathUnknown), ("upstream_timeout", .relayUpstreamFailed),
            ("overloaded", .relayUpstreamFailed), ("body_too_large", .relayRefused),
            ("odd \u{7} \"code", .relayRefused),
        ])
    func relayed(_ code: String, _ cause: CheckCause) throws {
        var json = JSONWriter()
        json.object { json in
            json.name("error")
            json.object { json in
                json.member("type", "relay_error")
                json.member("code", code)
            }
        }
        let answer = CheckAnswer(status: 502, fields: [:], body: json.bytes)
        let finding = try #require(CheckFinding(relayed: answer, path: "/x/v1/models"))
        #expect(finding.code == cause)
        #expect(!finding.advice.cause.english.contains("\u{7}"))
        try CheckWording.expectGood(finding)
        #expect(
            CheckFinding(relayed: CheckSample.answer(502, #"{"error":{"code":"token_unavailable"}}"#), path: "/") == nil
        )
    }

    @Test("readiness: ready, not ready with its reason, and no relay at all")
    func readiness() throws {
        #expect(CheckFinding(readiness: CheckSample.answer(200, "{}"), address: "r:1") == nil)
        let waiting = CheckFinding(
            readiness: CheckSample.answer(503, #"{"ready":false,"reason":"no token yet"}"#), address: "r:1")
        #expect(waiting?.code == .relayNotReady)
        #expect(waiting?.advice.cause.english == "the relay is not ready: no token yet")
        #expect(CheckFinding(readiness: CheckSample.answer(404, ""), address: "r:1")?.code == .relayPathUnknown)
    }
}
