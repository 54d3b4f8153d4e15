// SPDX-License-Identifier: Apache-2.0
import RelayCore
import RelayUpstream
import Testing

/// What comes back from an issuer other than a token, the same for OAuth and templates.
struct IssuerAnswerSourceTests {
    private static let canary = "Canary_5ecret"

    private func failure(_ answer: ScriptedIssuer.Answer) async throws -> TokenFetchFailure {
        var configuration = OAuth2Configuration(tokenURL: "https://idp.example/token?k=\(Self.canary)")
        configuration.clientID = "id"
        configuration.clientSecret = .value(Secret(Self.canary))
        configuration.extra = [HeaderPair(name: "pin", value: "9876543")]
        let source = OAuth2TokenSource(configuration, reading: TokenReading(), transport: ScriptedIssuer([answer]))
        return try #require(await source.failure())
    }

    @Test(
        "refusals carry status and code, and only some are final",
        arguments: [
            (400, #"{"error":"invalid_grant","error_description":"x"}"#, "invalid_grant", true),
            (400, #"{"error":"invalid_scope"}"#, "invalid_scope", true),
            (400, #"{"error":"unauthorized_client"}"#, "unauthorized_client", true),
            (401, #"{"error":"invalid_client"}"#, "invalid_client", true), (401, "", nil, true),
            (403, "<html>", nil, true),
            (404, "{}", nil, true), (400, "", nil, false), (400, #"{"error":"a sentence, not a code"}"#, nil, false),
            (429, #"{"error":"slow_down"}"#, "slow_down", false), (500, "", nil, false), (502, "<html>", nil, false),
            (503, #"{"error":"temporarily_unavailable"}"#, "temporarily_unavailable", false), (301, "", nil, false),
            (302, "", nil, false), (307, "", nil, false),
        ] as [(Int, String, String?, Bool)])
    func refusals(status: Int, body: String, code: String?, isFinal: Bool) async throws {
        let failure = try await failure(.answer(status, body))
        #expect(failure.cause == .refused(status: status, code: code))
        #expect(failure.isDeterministic == isFinal)
        #expect(failure.description.contains("\(status)"))
    }

    @Test("a redirect is named as such")
    func redirect() async throws {
        let failure = try await failure(.answer(302, "", [("Location", "https://evil.example/?t=\(Self.canary)")]))
        #expect(failure.description.contains("redirect"))
        #expect(!failure.description.contains("evil"))
    }

    @Test(
        "Retry-After is read in both forms",
        arguments: [("40", 40), ("Tue, 08 Apr 2025 02:41:49 GMT", 40), ("soon", nil)]
            as [(text: String, seconds: Int64?)], [429, 503])
    func retryAfter(form: (text: String, seconds: Int64?), status: Int) async throws {
        let failure = try await failure(.answer(status, "", [("retry-after", form.text)]))
        #expect(failure.retryAfter == form.seconds.map { .seconds($0) })
        #expect(!failure.isDeterministic)
    }

    @Test(
        "an odd answer of 200 is a failure that is tried again",
        arguments: [
            "", " ", "null", "[]", "\"x\"", "{}", "{", "<html></html>", #"{"access_token":null}"#,
            #"{"access_token":7}"#, #"{"access_token":""}"#, #"{"access_token":"a","expires_in":true}"#, "\u{0}",
            #"{"access_token":"a b"}"#,
        ])
    func oddBodies(body: String) async throws {
        let failure = try await failure(.answer(200, body))
        #expect(!failure.isDeterministic)
        #expect(["bad_answer", "illegal_token"].contains(failure.label))
    }

    @Test("any 2xx is success", arguments: [200, 201, 202, 203])
    func success(status: Int) async throws {
        let issuer = ScriptedIssuer([.answer(status, #"{"access_token":"t"}"#)])
        let source = OAuth2TokenSource(OAuth2Configuration(tokenURL: "u"), reading: TokenReading(), transport: issuer)
        #expect(try await source.fetchOnce().value.reveal == "t")
    }

    @Test(
        "no answer keeps its kind",
        arguments: [
            (IssuerTransportError.Kind.unresolved, "transport_unresolved"), (.refused, "transport_refused"),
            (.timeout, "transport_timeout"),
            (.tls, "transport_tls"), (.proxy, "transport_proxy"), (.reset, "transport_reset"),
            (.badResponse, "transport_bad_response"),
            (.tooLarge, "transport_toolarge"), (.cancelled, "transport_cancelled"),
        ])
    func transport(kind: IssuerTransportError.Kind, label: String) async throws {
        let failure = try await failure(.failure(.init(kind, detail: "detail")))
        #expect(failure.label == label)
        #expect(failure.description.contains("detail"))
    }

    @Test(
        "nothing of the request's secrets or the answer's body comes out",
        arguments: [400, 401, 500, 200],
        [
            canary, #"{"error":"\#(canary)"}"#, #"{"error":"x_\#(canary)_y"}"#, #"{"error":"9876543"}"#,
            #"{"error":"Canary"}"#,
            #"{"error":"invalid_client","error_description":"\#(canary)"}"#, #"{"access_token":{"v":"\#(canary)"}}"#,
            #"{"access_token":["\#(canary)"]}"#, #"{"access_token":"\#(canary) x"}"#,
            #"{"access_token":"t","expires_in":"\#(canary)"}"#,
            #"{"data":"\#(canary)"}"#, #"{"\#(canary) x":1}"#, "<p>\(canary)</p>",
        ])
    func canaries(status: Int, body: String) async throws {
        let failure = try await failure(.answer(status, body))
        for text in [failure.description, "\(failure)", String(reflecting: failure), String(describing: failure.cause)]
        {
            #expect(!text.contains("Canary"))
            #expect(!text.contains("9876543"))
        }
    }

    @Test("a transport's text that holds a secret is dropped")
    func transportCanary() async throws {
        let failure = try await failure(.failure(.init(.refused, detail: "connect to \(Self.canary) failed")))
        #expect(!String(reflecting: failure).contains("Canary"))
    }

    @Test("a grant does not print its token")
    func grantIsSilent() async throws {
        let issuer = ScriptedIssuer(#"{"access_token":"\#(Self.canary)"}"#)
        let source = OAuth2TokenSource(OAuth2Configuration(tokenURL: "u"), reading: TokenReading(), transport: issuer)
        let grant = try await source.fetchOnce()
        #expect(!String(reflecting: grant).contains("Canary"))
    }
}
