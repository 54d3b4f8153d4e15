// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// A router in front of `https://llm.corp.example/v1`, with what a test wants different.
func makeRouter(
    surface: Router.Surface = .all, paths: (inout PathConfiguration) -> Void = { _ in },
    upstream: (inout UpstreamConfiguration) -> Void = { _ in }
) -> Router {
    var pathConfiguration = PathConfiguration()
    var upstreamConfiguration = UpstreamConfiguration()
    upstreamConfiguration.baseURL = "https://llm.corp.example/v1"
    paths(&pathConfiguration)
    upstream(&upstreamConfiguration)
    return Router(paths: pathConfiguration, upstream: upstreamConfiguration, surface: surface)
}

extension Router {
    /// Splits an origin-form target at its first `?`.
    func route(_ method: String, _ target: String) -> RouteDecision {
        guard let mark = target.firstIndex(of: "?") else { return route(method: method, path: target) }
        return route(
            method: method, path: String(target[..<mark]), query: String(target[target.index(after: mark)...]))
    }

    /// The URL that the target leads to; nil if the request is not forwarded or `model` does not do.
    func url(_ method: String, _ target: String, model: String? = nil) -> String? {
        guard case .forward(let forward) = route(method, target) else { return nil }
        return try? forward.url(model: model).text
    }

    /// The status of the refusal; nil if the request is not refused.
    func refusal(_ method: String, _ target: String) -> Int? {
        guard case .refused(let failure, _) = route(method, target) else { return nil }
        return failure.status
    }
}
