// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

/// Paths as RAGFlow's classes and other clients spell them, and what becomes of each.
@Suite struct RouteSpellingTests {
    @Test(
        "every spelling of an endpoint reaches the same URL",
        arguments: [
            "/chat/completions", "/v1/chat/completions", "/v1/v1/chat/completions", "/v1//chat/completions",
            "//v1/chat/completions", "/v1//v1/chat/completions", "/v1/v1/v1/chat/completions", "/chat//completions",
            "/v1/chat/completions/", "/v1/chat/completions//", "/openai/v1/chat/completions",
            "/openai/chat/completions", "/openai//v1/chat/completions", "//openai/v1/v1/chat/completions",
            "/agent/api/llm_proxy/chat/completions", "/agent//api/llm_proxy/v1/chat/completions/",
        ])
    func chatSpelling(path: String) {
        let router = makeRouter(paths: { $0.basePaths = ["/openai", "/agent/api/llm_proxy"] })
        #expect(router.url("POST", path) == "https://llm.corp.example/v1/chat/completions")
        #expect(router.route("POST", path).endpoint == .chatCompletions)
    }

    @Test(
        "RAGFlow's paths of every kind find their endpoint",
        arguments: [
            ("POST", "/v1/embeddings", Endpoint.embeddings), ("POST", "/embeddings", .embeddings),
            ("POST", "/v1/v1/embeddings", .embeddings), ("POST", "/openai/v1/embeddings", .embeddings),
            ("POST", "/v1/rerank", .rerank), ("POST", "/rerank", .rerank), ("POST", "/v1/v1/rerank", .rerank),
            ("POST", "/openai/rerank", .rerank), ("POST", "/v1/audio/speech", .speech),
            ("POST", "/v1/v1/audio/speech", .speech), ("POST", "/v1//audio/speech", .speech),
            ("POST", "/v1//v1/audio/speech", .speech), ("POST", "/openai/v1/audio/speech", .speech),
            ("POST", "/v1/audio/transcriptions", .transcriptions),
            ("POST", "/openai/v1/audio/transcriptions", .transcriptions),
            ("POST", "/v1/audio/translations", .translations), ("GET", "/v1/models", .models),
            ("GET", "/v1/v1/models", .models), ("GET", "/openai/v1/models", .models), ("GET", "/models/", .models),
            ("GET", "/api/v1/models?output_modalities=all", .models), ("HEAD", "/v1/models", .models),
            ("GET", "/v1/models/gpt-4o", .model), ("POST", "/v1/completions", .completions),
            ("POST", "/v1/images/generations", .imageGenerations), ("POST", "/v1/images/edits", .imageEdits),
            ("POST", "/v1/images/variations", .imageVariations), ("POST", "/v1/moderations", .moderations),
            ("POST", "/v1/score", .score), ("POST", "/tokenize", .tokenize), ("POST", "/v1/responses", .responses),
            ("GET", "/v1/responses/resp_1/input_items", .responses), ("DELETE", "/v1/responses/resp_1", .responses),
            ("POST", "/v1/files", .files), ("GET", "/v1/files/file-1/content", .files),
            ("DELETE", "/v1/files/file-1", .files), ("POST", "/v1/batches/b/cancel", .batches),
        ] as [(String, String, Endpoint)])
    func kind(method: String, target: String, endpoint: Endpoint) {
        let decision = makeRouter(paths: { $0.basePaths = ["/openai", "/api"] }).route(method, target)
        #expect(decision.endpoint == endpoint)
        guard case .forward = decision else {
            Issue.record("not forwarded: \(decision)")
            return
        }
    }

    @Test(
        "anything else is 404",
        arguments: [
            "/v1", "/v1/", "/v1/v1", "/openai/v1/chat/completions", "/v1/chat", "/v1/chat/completions/x", "/v1/Models",
            "/V1/models", "/v1/chat%2Fcompletions", "/v1/%6dodels", "/v1/modelsx", "/v1x/models", "/v2/models",
            "/chat/v1/completions", "/v1/healthz", "/healthz/x", "/v1/metrics", "/admin", "/v1/models:81",
            "/v1/chat/completions;x=1", "/llm/models", "/agent/models", "/agent/apix/models", "/@evil/models",
            "/http://evil/v1/models", "/status", "/v1/status.json", "/extra", "/unknown", "/v1/models/id".uppercased(),
        ])
    func unknown(path: String) {
        let router = makeRouter(paths: { $0.basePaths = ["/agent/api"] })
        #expect(router.refusal("POST", path) == 404)
        #expect(router.refusal("GET", path) == 404)
        #expect(router.route("GET", path).endpoint == .unknown)
    }

    @Test func `the text of a 404 names the path as sent and the way to allow it`() {
        guard
            case .refused(let failure, _) = makeRouter().route("GET", "/v1//foo/\(String(repeating: "x", count: 900))")
        else {
            Issue.record("not refused")
            return
        }
        #expect(failure.message.contains("/v1//foo/xxx"))
        #expect(failure.message.contains("RELAY_EXTRA_PATHS"))
        #expect(failure.message.utf8.count < 500)
    }

    @Test func `of several base paths the longest that matches is stripped, once`() {
        let router = makeRouter(paths: { $0.basePaths = ["/a", "/a/b", "/v1/c/"] })
        #expect(router.url("POST", "/a/b/v1/rerank") == "https://llm.corp.example/v1/rerank")
        #expect(router.url("POST", "/a/rerank") == "https://llm.corp.example/v1/rerank")
        #expect(router.url("POST", "/v1/c/v1/rerank") == "https://llm.corp.example/v1/rerank")
        #expect(router.refusal("POST", "/a/a/rerank") == 404)
        #expect(router.refusal("POST", "/a/b/a/rerank") == 404)
        #expect(router.refusal("POST", "/v1/a/rerank") == 404)
        #expect(router.refusal("POST", "/ab/rerank") == 404)
        #expect(router.url("POST", "/rerank") == "https://llm.corp.example/v1/rerank")
    }

    @Test func `a base path is compared byte for byte`() {
        let router = makeRouter(paths: { $0.basePaths = ["/team%20a"] })
        #expect(router.url("POST", "/team%20a/v1/score") == "https://llm.corp.example/v1/score")
        #expect(router.refusal("POST", "/team%20A/v1/score") == 404)
        #expect(router.refusal("POST", "/%74eam%20a/v1/score") == 404)
    }
}
