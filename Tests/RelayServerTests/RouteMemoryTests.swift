// SPDX-License-Identifier: Apache-2.0

import RelayCore
import Testing

@testable import RelayServer

@Suite struct RouteMemoryTests {
    private let router: Router = {
        var upstream = UpstreamConfiguration()
        upstream.baseURL = "https://llm.corp.example/v1"
        return Router(paths: PathConfiguration(), upstream: upstream)
    }()

    @Test func `Answers as its router does, whatever was asked before`() {
        let methods = ["POST", "GET", "DELETE"]
        let paths = ["/v1/chat/completions", "/v1/models", "/v1/models/a", "/models", "/healthz", "/", "/none"]
        let queries: [String?] = [nil, "", "a=b", "a b"]
        var memory = RouteMemory(router)
        let questions = methods.flatMap { method in
            paths.flatMap { path in queries.map { query in (method, path, query) } }
        }
        // Each after each other one, and twice.
        for first in questions {
            for second in questions {
                for (method, path, query) in [first, second, second] {
                    let decision = memory.route(method: method, path: path, query: query)
                    #expect(decision == router.route(method: method, path: path, query: query))
                }
            }
        }
    }
}
