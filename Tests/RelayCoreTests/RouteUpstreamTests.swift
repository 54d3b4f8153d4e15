// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

/// How the upstream's URL is put together.
@Suite struct RouteUpstreamTests {
    static let azure = "https://x.openai.azure.com/openai/deployments/{model}/chat/completions?api-version=2024-10-21"

    @Test(
        "path and query follow the base byte for byte",
        arguments: [
            ("https://h/v1", "/v1/models", "https://h/v1/models"),
            ("https://h/v1/", "/v1/models", "https://h/v1/models"),
            ("https://h", "/v1/models", "https://h/models"), ("https://h/v1?k=1", "/models", "https://h/v1/models?k=1"),
            ("https://h/v1?k=1", "/models?a=b", "https://h/v1/models?k=1&a=b"),
            ("https://h/v1#f", "/models", "https://h/v1/models"),
            ("https://h/v1?", "/models?a", "https://h/v1/models?a"),
            ("https://h/v1", "/models?", "https://h/v1/models?"),
            ("https://h/v1?k=1", "/models?", "https://h/v1/models?k=1"),
            ("https://h/v1", "/models?a=%2e%2e/&b=%zz?c&&=", "https://h/v1/models?a=%2e%2e/&b=%zz?c&&="),
            ("http://[::1]:9/a/b", "/v1/v1/models/x%2fy", "http://[::1]:9/a/b/models/x%2fy"),
            ("https://h/v1", "/models/{model}", "https://h/v1/models/{model}"),
        ])
    func base(base: String, target: String, url: String) {
        #expect(makeRouter(upstream: { $0.baseURL = base }).url("GET", target, model: "m") == url)
    }

    @Test(
        "an exact URL replaces base and path of its endpoint",
        arguments: [
            (UpstreamURLKey.chat, "/v1/chat/completions"), (.completions, "/v1/completions"),
            (.embeddings, "/v1/embeddings"), (.rerank, "/v1/rerank"), (.transcriptions, "/v1/audio/transcriptions"),
            (.translations, "/v1/audio/translations"), (.speech, "/v1/audio/speech"), (.moderations, "/v1/moderations"),
            (.responses, "/v1/responses"),
        ])
    func exact(key: UpstreamURLKey, path: String) {
        let router = makeRouter(upstream: { $0.endpointURLs[key] = "https://e.example/run/?own=1#x" })
        #expect(router.url("POST", path) == "https://e.example/run/?own=1")
        #expect(router.url("POST", path + "?a=b") == "https://e.example/run/?own=1&a=b")
        #expect(router.url("POST", "/v1/score") == "https://llm.corp.example/v1/score")
    }

    @Test func `models, responses and images are bases for what lies below`() {
        let router = makeRouter(upstream: {
            $0.baseURL = nil
            $0.endpointURLs = [
                .models: "https://m.example/list?v=1", .responses: "https://r.example/r/",
                .images: "https://i.example/img",
            ]
        })
        #expect(router.url("GET", "/v1/models") == "https://m.example/list?v=1")
        #expect(router.url("GET", "/v1/models/a%2Fb?x") == "https://m.example/list/a%2Fb?v=1&x")
        #expect(router.url("POST", "/v1/responses") == "https://r.example/r/")
        #expect(router.url("GET", "/v1/responses/r1/input_items") == "https://r.example/r/r1/input_items")
        #expect(router.url("POST", "/v1/images/edits") == "https://i.example/img/edits")
        #expect(router.refusal("POST", "/v1/embeddings") == 404)
        #expect(router.route("POST", "/v1/embeddings").endpoint == .embeddings)
    }

    @Test(
        "{model} is filled as one path segment",
        arguments: [
            ("gpt-4o", "gpt-4o"), ("a/b", "a%2Fb"), ("模", "%E6%A8%A1"), ("a b?c#d%e", "a%20b%3Fc%23d%25e"),
            ("...", "..."),
            ("{model}", "%7Bmodel%7D"), ("@evil:81", "%40evil%3A81"), ("A-z_0.9~", "A-z_0.9~"), ("..x", "..x"),
            ("x&y=1+2", "x%26y%3D1%2B2"),
        ])
    func fills(model: String, segment: String) {
        let router = makeRouter(upstream: { $0.endpointURLs[.chat] = Self.azure })
        #expect(
            router.url("POST", "/v1/chat/completions?a=1", model: model)
                == "https://x.openai.azure.com/openai/deployments/\(segment)/chat/completions?api-version=2024-10-21&a=1"
        )
    }

    @Test(
        "a model that cannot fill {model} is 400",
        arguments: [nil, "", ".", "..", "../x", "a/../b", "a\\..", "..;x", String(repeating: "m", count: 1_025)])
    func unusable(model: String?) throws {
        let router = makeRouter(upstream: { $0.endpointURLs[.chat] = Self.azure })
        guard case .forward(let target) = router.route("POST", "/v1/chat/completions") else {
            Issue.record("not forwarded")
            return
        }
        #expect(target.needsModel)
        let failure = #expect(throws: RelayFailure.self) { try target.url(model: model) }
        #expect(failure?.status == 400)
        #expect(failure?.message.contains("model") == true)
    }

    @Test func `{model} counts in the query, in several places, and never in the authority`() {
        let router = makeRouter(upstream: {
            $0.endpointURLs[.chat] = "https://h/{model}/{model}?m={model}&x=1"
            $0.endpointURLs[.rerank] = "https://{model}.example/rerank"
        })
        #expect(router.url("POST", "/chat/completions", model: "a/b") == "https://h/a%2Fb/a%2Fb?m=a%2Fb&x=1")
        #expect(router.url("POST", "/rerank", model: "evil") == "https://{model}.example/rerank")
        guard case .forward(let embeddings) = router.route("POST", "/embeddings") else { return }
        #expect(!embeddings.needsModel)
    }

    @Test(
        "a client's own copy of the token's parameter never goes upstream",
        arguments: [
            ("?key=evil", ""), ("?a=1&key=evil&b=2", "?a=1&b=2"), ("?key", ""), ("?k%65y=evil&a", "?a"),
            ("?%6B%65%79=evil", ""), ("?a=1&key=x&key=y", "?a=1"), ("?KEY=1&keys=2&akey=3", "?KEY=1&keys=2&akey=3"),
            ("?a=key&b=%zz", "?a=key&b=%zz"), ("?%zz&key=1&&", "?%zz&&"), ("?", "?"), ("?key=&key=", ""),
            ("?a=%26key=1", "?a=%26key=1"), ("", ""),
        ])
    func tokenParameter(sent: String, left: String) throws {
        let router = makeRouter(upstream: { $0.authQuery = "key" })
        guard case .forward(let target) = router.route("POST", "/v1/score" + sent) else {
            Issue.record("not forwarded")
            return
        }
        let url = try target.url(model: nil)
        #expect(url.text == "https://llm.corp.example/v1/score" + left)
        let separator = left.isEmpty ? "?" : left == "?" ? "" : "&"
        #expect(url.adding(token: Secret("a+b/c=&d")).reveal == url.text + separator + "key=a%2Bb%2Fc%3D%26d")
    }

    @Test func `a parameter's name with a space is found in both spellings and written encoded`() throws {
        let router = makeRouter(upstream: { $0.authQuery = "my key" })
        guard case .forward(let target) = router.route("POST", "/score?my+key=1&my%20key=2&mykey=3") else { return }
        let url = try target.url(model: nil)
        #expect(url.text.hasSuffix("/score?mykey=3"))
        #expect(url.adding(token: Secret("t")).reveal.hasSuffix("?mykey=3&my%20key=t"))
    }

    @Test func `without a token parameter the URL takes no token`() throws {
        guard case .forward(let target) = makeRouter().route("POST", "/score?key=1") else { return }
        let url = try target.url(model: nil)
        #expect(url.adding(token: Secret("t")).reveal == url.text)
        #expect(url.location == "https://llm.corp.example/v1/score")
        #expect(url.text.hasSuffix("/score?key=1"))
    }
}
