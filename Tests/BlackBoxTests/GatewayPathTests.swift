// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Paths as RAGFlow's classes spell them, by what the user typed as base URL.
@Suite("Paths towards a gateway", .serialized)
struct GatewayPathTests {
    /// Base path typed, then the path that arrives and where it has to land.
    static let spellings: [(typed: String, method: String, path: String, lands: String)] = [
        // Chat, vision: the OpenAI SDK appends to the base URL; newer versions add /v1 first.
        ("/v1", "POST", "/v1/chat/completions", "/chat/completions"),
        ("", "POST", "/chat/completions", "/chat/completions"),
        ("/v1/", "POST", "/v1//chat/completions", "/chat/completions"),
        ("/openai", "POST", "/openai/v1/chat/completions", "/chat/completions"),
        ("/openai", "POST", "/openai/chat/completions", "/chat/completions"),
        // Embeddings: urljoin in older versions doubles or loses parts of the path.
        ("/v1", "POST", "/v1/embeddings", "/embeddings"), ("", "POST", "/embeddings", "/embeddings"),
        ("/v1/", "POST", "/v1/v1/embeddings", "/embeddings"),
        ("/openai", "POST", "/openai/v1/embeddings", "/embeddings"),
        // Rerank: up to v0.23 at the host's root, GPUStack with a second /v1.
        ("/v1", "POST", "/v1/rerank", "/rerank"), ("/v1", "POST", "/rerank", "/rerank"),
        ("/v1", "POST", "/v1/v1/rerank", "/rerank"), ("/openai", "POST", "/openai/rerank", "/rerank"),
        ("/v1/rerank", "POST", "/v1/rerank", "/rerank"), ("/v1", "POST", "/v1//rerank/", "/rerank"),
        // Speech: Xinference and GPUStack.
        ("/v1", "POST", "/v1/audio/speech", "/audio/speech"), ("/v1", "POST", "/v1/v1/audio/speech", "/audio/speech"),
        ("/v1/", "POST", "/v1//audio/speech", "/audio/speech"),
        ("/v1/", "POST", "/v1//v1/audio/speech", "/audio/speech"),
        ("/openai", "POST", "/openai/v1/audio/speech", "/audio/speech"),
        ("/v1", "POST", "/v1/audio/transcriptions", "/audio/transcriptions"),
        ("/openai", "POST", "/openai/v1/audio/transcriptions", "/audio/transcriptions"),
        // Model lists.
        ("/v1", "GET", "/v1/models", "/models"), ("/v1", "GET", "/v1/v1/models", "/models"),
        ("/openai", "GET", "/openai/v1/models", "/models"),
        ("/api/v1", "GET", "/api/v1/models?output_modalities=all", "/models?output_modalities=all"),
        ("/v1", "GET", "/v1/models/org%2Fname:tag", "/models/org%2Fname:tag"),
        // The rest of the API.
        ("/v1", "POST", "/v1/completions", "/completions"), ("/v1", "POST", "/v1/responses", "/responses"),
        ("/v1", "GET", "/v1/responses/r1/input_items?a=b&c", "/responses/r1/input_items?a=b&c"),
        ("/v1", "POST", "/v1/audio/translations", "/audio/translations"),
        ("/v1", "POST", "/v1/images/edits", "/images/edits"), ("/v1", "DELETE", "/v1/files/f1", "/files/f1"),
        ("/v1", "GET", "/v1/files/f1/content", "/files/f1/content"),
        ("/v1", "POST", "/v1/batches/b1/cancel", "/batches/b1/cancel"),
        ("/v1", "POST", "/v1/moderations", "/moderations"), ("/v1", "POST", "/v1/score", "/score"),
        ("/v1", "POST", "/tokenize", "/tokenize"),
    ]

    @Test("every spelling lands on its endpoint, below whatever path the gateway has")
    func spellings() async throws {
        try await onThread {
            let test = try GatewayUnderTest([
                "RELAY_UPSTREAM_URL": "<gateway>/team/v3/", "RELAY_BASE_PATH": "/openai,/api",
            ])
            for (typed, method, path, lands) in Self.spellings {
                let answer = try test.send(method, path)
                #expect(answer.status == 200, "\(path), base \(typed)")
                #expect(test.last?.target == "/team/v3" + lands, "\(path), base \(typed)")
                #expect(test.last?.method == method)
            }
            #expect(test.gateway.requestCount == Self.spellings.count)
        }
    }

    @Test("a path that is not served is named, with the way to allow it, and goes nowhere")
    func unknownPath() async throws {
        try await onThread {
            let test = try GatewayUnderTest(["RELAY_EXTRA_PATHS": "detokenize,custom/v2"])
            for path in ["/openai/v1/chat/completions", "/v1/chat/completions/chat/completions", "/v1/custom/v2x"] {
                let answer = try test.send("POST", path)
                #expect(answer.status == 404)
                #expect(answer.errorCode == "unknown_endpoint")
                #expect(answer.bodyText.contains(path))
                #expect(answer.bodyText.contains("RELAY_EXTRA_PATHS"))
                #expect(answer["x-should-retry"] == "false")
            }
            #expect(test.gateway.requestCount == 0)
            for path in ["/v1/detokenize", "/custom/v2", "/v1//custom/v2/deep?q=1"] {
                #expect(try test.send("POST", path).status == 200, "\(path)")
            }
            #expect(
                test.gateway.requests.map(\.target) == ["/v1/detokenize", "/v1/custom/v2", "/v1/custom/v2/deep?q=1"])
        }
    }

    @Test("a rerank at the bare base works when it is switched on", arguments: [true, false])
    func rerankAtBase(isOn: Bool) async throws {
        try await onThread {
            let test = try GatewayUnderTest(["RELAY_RERANK_AT_BASE": "\(isOn)", "RELAY_BASE_PATH": "/openai"])
            let body = "{\"model\":\"m\",\"query\":\"q\",\"documents\":[\"d\"],\"top_n\":1}"
            for path in ["/", "/v1", "/v1/", "/v1/v1/", "/openai", "/openai/v1/"] {
                let answer = try test.send("POST", path, body: body)
                // The root is the status page's otherwise, which takes no POST.
                #expect(answer.status == (isOn ? 200 : path == "/" ? 405 : 404), "\(path)")
                if isOn {
                    #expect(test.last?.target == "/v1/rerank", "\(path)")
                    #expect(test.last?.bodyText == body)
                }
            }
            #expect(try test.send("GET", "/v1").status != 200)
        }
    }
}
