// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

/// Targets that try to leave the endpoint, the path or the host.
@Suite struct RouteHostileTests {
    @Test(
        "dot segments are refused, plain or encoded, on any path",
        arguments: [
            "/v1/models/..", "/v1/models/.", "/v1/models/../admin", "/v1/../admin", "/..", "/.", "/./v1/models",
            "/v1/models/%2e%2e/x", "/v1/models/%2E%2e", "/v1/models/.%2e", "/v1/models/%2e",
            "/v1/models/..%2f..%2fadmin",
            "/v1/models/x%2F..%2Fadmin", "/v1/models/x%2f%2e%2E", "/v1/models/%2e%2e%5cadmin", "/v1/models/..\\admin",
            "/v1/models/x%5C..%5Cy", "/v1/files/a\\..\\b", "/v1/files/%2f..", "/v1/files/a%2f.%2fb",
            "/v1/files/..;/admin", "/v1/files/..;x=1", "/v1/files/%2e%2e%3bx", "/v1/chat/completions/..", "/nowhere/..",
            "/healthz/..", "/%2e%2e/healthz", "//..//v1/models",
        ])
    func dots(path: String) {
        #expect(makeRouter().refusal("GET", path) == 400)
        #expect(makeRouter(paths: { $0.extraPaths = ["files", "nowhere"] }).refusal("POST", path) == 400)
        #expect(makeRouter(paths: { $0.models = [] }).refusal("GET", path) == 400)
    }

    @Test(
        "what merely looks like a dot segment passes byte for byte",
        arguments: [
            "...", "..x", ".x", "x..", "a..b", "%252e%252e", "%252e%252e%252f", "..%252f", "%2e%2e%2e", "x%2Fy",
            "..a%2fb..",
            "ft%3Aacme%2Fx", "%E6%A8%A1", "a;..", "v1.0", "a%20b", "@evil", "x:81", "a\\b", "%5c%5c", "a%3b..",
        ])
    func lookalikes(id: String) {
        #expect(makeRouter().url("GET", "/v1/models/\(id)") == "https://llm.corp.example/v1/models/\(id)")
        #expect(makeRouter().url("GET", "/v1/files/\(id)/x") == "https://llm.corp.example/v1/files/\(id)/x")
    }

    @Test(
        "malformed or control octets in a path are refused",
        arguments: [
            "/v1/models/%zz", "/v1/models/%2", "/v1/models/%", "/v1/models/a%2/b", "/v1/models/%%32", "/%", "/x%g0",
            "/v1/models/%00", "/v1/models/a%0d%0ab", "/v1/models/%1f", "/v1/models/%7F", "/v1/models/a b",
            "/v1/models/a\tb", "/v1/models/a\r\nb", "/v1/models/a#b", "/v1/models#", "/v1/models/\u{7F}",
            "/v1/models/\0",
        ])
    func malformed(path: String) { #expect(makeRouter().refusal("GET", path) == 400) }

    @Test("a query cannot end the URL", arguments: ["a#b", "a b", "a\r\nHost: evil", "\0", "\u{7F}"])
    func query(text: String) {
        let decision = makeRouter().route(method: "GET", path: "/v1/models", query: text)
        guard case .refused(let failure, _) = decision else {
            Issue.record("not refused")
            return
        }
        #expect(failure.status == 400)
    }

    @Test(
        "a target without a leading slash is refused",
        arguments: ["", "*", "@evil", ":81", "v1/models", "http://evil/v1/models", ".evil/v1/models", "\\\\evil"])
    func leadingSlash(path: String) { #expect(makeRouter().refusal("GET", path) == 400) }

    /// The first byte after the authority is always the relay's own slash or the configured path.
    @Test(
        "no target changes scheme, host or port",
        arguments: [
            "//evil/v1/chat/completions", "///evil", "/@evil/v1/models", "/\\evil/v1/models", "/v1/models/@evil",
            "/v1/models//evil.example", "/v1/files///evil", "/:81/v1/models", "/v1/files/:81", "/v1/models?@evil",
            "/v1/models?x=//evil/", "/v1/files/http://evil/", "/evil.example/v1/models", "/v1/models/{model}@evil",
            "/anything/@evil", "//anything//@evil:81/", "/v1/responses/\\\\evil\\x",
        ])
    func origin(target: String) {
        for base in ["https://llm.corp.example", "https://llm.corp.example/v1", "https://llm.corp.example:8443/"] {
            let router = makeRouter(
                paths: { $0.extraPaths = ["anything", "evil"] },
                upstream: {
                    $0.baseURL = base
                    $0.endpointURLs[.models] = "https://llm.corp.example"
                    $0.endpointURLs[.responses] = "https://llm.corp.example:8443/r?k=1"
                })
            for method in ["GET", "POST"] {
                guard let url = router.url(method, target) else { continue }
                let authority = url.dropFirst("https://".count).prefix { !"/?#\\".contains($0) }
                #expect(url.hasPrefix("https://"))
                #expect(["llm.corp.example", "llm.corp.example:8443"].contains(authority))
            }
        }
    }

    @Test func `non-ASCII text passes in path and query`() {
        let target = "/v1/models/模型?名=值"
        #expect(makeRouter().url("GET", target) == "https://llm.corp.example\(target)")
    }

    @Test func `a path at the limit of a target is handled in one pass`() {
        let path = "/v1/files/" + String(repeating: "a/", count: 8_000)
        #expect(makeRouter().url("GET", path) == "https://llm.corp.example" + path.dropLast())
        #expect(makeRouter().refusal("GET", String(repeating: "/", count: 16_000)) == nil)
    }
}
