// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

/// Methods, local endpoints, addresses, and the opt-ins that widen what is served.
@Suite struct RouteMethodTests {
    @Test(
        "a method that the endpoint does not take is 405 with the list of those it takes",
        arguments: [
            ("GET", "/v1/chat/completions", "POST"), ("HEAD", "/v1/embeddings", "POST"), ("OPTIONS", "/rerank", "POST"),
            ("TRACE", "/v1/models", "GET, HEAD"), ("CONNECT", "/v1/files", "GET, HEAD, POST, DELETE"),
            ("POST", "/v1/models", "GET, HEAD"), ("POST", "/v1/models/x", "GET, HEAD, DELETE"),
            ("PUT", "/v1/responses/x", "GET, HEAD, POST, DELETE"), ("DELETE", "/v1/batches/x", "GET, HEAD, POST"),
            ("post", "/v1/score", "POST"), ("PATCH", "/v1/files", "GET, HEAD, POST, DELETE"),
            ("POST", "/", "GET, HEAD"),
            ("POST", "/healthz", "GET, HEAD"), ("DELETE", "/metrics", "GET, HEAD"),
            ("OPTIONS", "/v1/models", "GET, HEAD"),
        ])
    func refused(method: String, path: String, allow: String) {
        guard case .refused(let failure, let endpoint) = makeRouter().route(method, path) else {
            Issue.record("not refused")
            return
        }
        #expect(failure == .methodNotAllowed(allow: allow))
        #expect(endpoint != .unknown)
    }

    @Test(
        "local endpoints are found after slashes collapse, and only there",
        arguments: [
            ("/healthz", Endpoint.health), ("//healthz", .health), ("/readyz", .readiness), ("/metrics", .metrics),
            ("/", .statusPage), ("//", .statusPage), ("/status.json", .statusJSON), ("/healthz?x=1", .health),
        ])
    func local(target: String, endpoint: Endpoint) {
        #expect(makeRouter().route("GET", target) == .local(endpoint))
        #expect(makeRouter(surface: .admin).route("HEAD", target) == .local(endpoint))
        let onMain = makeRouter(surface: .clients).route("GET", target)
        if endpoint == .health || endpoint == .readiness {
            #expect(onMain == .local(endpoint))
        } else {
            #expect(makeRouter(surface: .clients).refusal("GET", target) == 404)
        }
    }

    @Test func `the admin address forwards nothing`() {
        let router = makeRouter(
            surface: .admin,
            paths: {
                $0.extraPaths = ["x"]
                $0.models = []
                $0.rerankAtBase = true
            })
        for target in ["/v1/chat/completions", "/v1/models", "/x", "/v1", "/v1/files/y"] {
            #expect(router.refusal("POST", target) == 404)
            #expect(router.refusal("GET", target) == 404)
        }
        #expect(router.refusal("POST", "/") == 405)
    }

    @Test(
        "a POST to the bare base is a rerank on request",
        arguments: ["/", "//", "/v1", "/v1/", "/v1/v1", "/b", "/b/v1/"])
    func rerankAtBase(path: String) {
        let on = makeRouter(paths: {
            $0.rerankAtBase = true
            $0.basePaths = ["/b"]
        })
        #expect(on.url("POST", path + "?q=1") == "https://llm.corp.example/v1/rerank?q=1")
        #expect(on.route("POST", path).endpoint == .rerank)
        let isRoot = path.allSatisfy { $0 == "/" }
        #expect(
            on.route("GET", path)
                == (isRoot ? .local(.statusPage) : .refused(.methodNotAllowed(allow: "POST"), .rerank)))
        if isRoot {
            #expect(on.route("PUT", path) == .refused(.methodNotAllowed(allow: "GET, HEAD, POST"), .statusPage))
        }
        let off = makeRouter(paths: { $0.basePaths = ["/b"] })
        #expect(off.refusal("POST", path) == (isRoot ? 405 : 404))
    }

    @Test func `a rerank at the base takes the exact URL`() {
        let router = makeRouter(
            surface: .clients, paths: { $0.rerankAtBase = true },
            upstream: { $0.endpointURLs[.rerank] = "https://r.example/x/rerank" })
        #expect(router.url("POST", "/v1/") == "https://r.example/x/rerank")
        #expect(router.url("POST", "/") == "https://r.example/x/rerank")
    }

    @Test func `extra prefixes end at a segment`() {
        let router = makeRouter(paths: { $0.extraPaths = ["v1/uploads", "threads/runs", "chat/completions", ""] })
        #expect(router.url("POST", "/v1/uploads") == "https://llm.corp.example/v1/uploads")
        #expect(router.url("PATCH", "/uploads/u%2F1//parts/?a") == "https://llm.corp.example/v1/uploads/u%2F1/parts?a")
        #expect(router.route("GET", "/v1/threads/runs/1").endpoint == .extra)
        for path in ["/v1/uploadsx", "/v1/threads", "/v1/threads/runsx", "/v1/upload", "/v1/Uploads", "/x"] {
            #expect(router.refusal("POST", path) == 404)
        }
        #expect(router.refusal("TRACE", "/v1/uploads") == 405)
    }

    @Test func `an extra prefix over an endpoint adds methods and paths and changes nothing else`() {
        let router = makeRouter(paths: { $0.extraPaths = ["chat/completions"] })
        #expect(router.route("POST", "/v1/chat/completions").endpoint == .chatCompletions)
        #expect(router.route("GET", "/v1/chat/completions").endpoint == .extra)
        #expect(router.route("DELETE", "/v1/chat/completions/c1").endpoint == .extra)
    }

    @Test func `configured models are answered by the relay itself`() {
        let router = makeRouter(paths: { $0.models = [ModelEntry(id: "a")] })
        #expect(router.route("GET", "/v1/models?x=1") == .models(id: nil))
        #expect(
            router.route("HEAD", "/openai/../models")
                == .refused(.badRequest("the path holds a dot segment, plain or percent-encoded"), .unknown))
        #expect(router.route("GET", "/v1/models/ft%3Aacme%2Fx") == .models(id: "ft:acme/x"))
        #expect(router.route("GET", "/v1/models/acme/x/") == .models(id: "acme/x"))
        #expect(router.route("DELETE", "/v1/models/a") == .refused(.methodNotAllowed(allow: "GET, HEAD"), .model))
    }

    @Test func `labels are distinct and closed`() {
        #expect(Set(Endpoint.allCases.map(\.label)).count == Endpoint.allCases.count)
        #expect(Endpoint.chatCompletions.label == "chat/completions")
        for endpoint in Endpoint.allCases where endpoint != .unknown { #expect(!endpoint.methods.isEmpty) }
    }
}
