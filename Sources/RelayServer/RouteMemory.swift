// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// The last decision of a router, for the next request of the same method and path: clients ask for the same again and
/// again, and without a query a decision depends on nothing else.
///
/// **Isolation**: one loop thread.
struct RouteMemory {
    private let router: Router
    private var method = ""
    private var path = ""
    private var decision: RouteDecision?

    init(_ router: Router) { self.router = router }

    mutating func route(method: String, path: String, query: String?) -> RouteDecision {
        if query == nil, let decision, path == self.path, method == self.method { return decision }
        let decided = router.route(method: method, path: path, query: query)
        if query == nil { (self.method, self.path, decision) = (method, path, decided) }
        return decided
    }
}
