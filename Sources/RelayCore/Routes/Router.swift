// SPDX-License-Identifier: Apache-2.0

/// Turns method and target into a decision, by rules fixed at start.
///
/// A path is normalised in this order: `//` collapses, one base path is stripped (the longest that matches), a run of
/// leading `v1` segments is dropped, a trailing slash is ignored. What is left must be an endpoint, in exact spelling:
/// an endpoint written with percent-encoding is none. Nothing else is ever decoded or rewritten.
package struct Router: Sendable {
    /// Which share of the endpoints an address serves.
    package enum Surface: Sendable {
        /// Everything: no admin address is configured.
        case all
        /// Clients and the health pair: the rest of the local endpoints has an address of its own.
        case clients
        /// The local endpoints only.
        case admin
    }

    private let surface: Surface
    /// Longest first.
    private let basePaths: [[[UInt8]]]
    private let extraPaths: [[[UInt8]]]
    private let rerankAtBase: Bool
    private let answersModels: Bool
    private let base: UpstreamTemplate?
    private let exact: [UpstreamURLKey: UpstreamTemplate]
    private let tokenParameter: String?

    package init(paths: PathConfiguration, upstream: UpstreamConfiguration, surface: Surface = .all) {
        self.surface = surface
        basePaths = paths.basePaths.map { pathSegments($0) }.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
        // Clients reach extra paths through the same normalisation, so a leading `v1` of the prefix cannot be matched.
        // A prefix of nothing would open everything by a stray comma or slash: it is ignored.
        extraPaths = paths.extraPaths.map { Array(pathSegments($0).drop { $0 == Self.version }) }.filter { !$0.isEmpty }
        rerankAtBase = paths.rerankAtBase
        answersModels = paths.models != nil
        base = upstream.baseURL.map { UpstreamTemplate($0, variable: "RELAY_UPSTREAM_URL") }
        var exact: [UpstreamURLKey: UpstreamTemplate] = [:]
        for (key, url) in upstream.endpointURLs {
            exact[key] = UpstreamTemplate(url, variable: "RELAY_UPSTREAM_\(key.rawValue)_URL")
        }
        self.exact = exact
        tokenParameter = upstream.authQuery
    }

    /// Decides for `method` (case-sensitive) on `path`, which starts with `/`, and `query`, what follows the `?`.
    package func route(method: String, path: String, query: String? = nil) -> RouteDecision {
        let request: RequestPath
        do {
            request = try RequestPath(path)
            if let query { try RequestPath.check(query: query) }
        } catch {
            return .refused(.badRequest(error.text), .unknown)
        }
        let isRerank = rerankAtBase && surface != .admin && method == "POST" && request.segments.isEmpty
        if !isRerank, let local = local(request) {
            return local.methods.contains(method) ? .local(local) : refuseMethod(local)
        }
        guard surface != .admin else { return .refused(.unknownEndpoint(path: path), .unknown) }

        var start = basePaths.first { request.matches($0) }?.count ?? 0
        while request.matches([Self.version], at: start) { start += 1 }
        return forwarded(method: method, request, from: start, path: path, query: query)
    }

    private func forwarded(
        method: String, _ request: RequestPath, from start: Int, path: String, query: String?
    ) -> RouteDecision {
        let rest = request.text(from: start)
        var endpoint = Endpoint.whole(rest)
        if rest.isEmpty {
            endpoint = rerankAtBase ? .rerank : nil
        } else if endpoint == nil {
            endpoint = Endpoint.tree(String(decoding: request.segment(start), as: UTF8.self))
        }
        let isExtra = extraPaths.contains { request.matches($0, at: start) }
        if let known = endpoint, !methods(of: known).contains(method), isExtra { endpoint = nil }
        guard let endpoint = endpoint ?? (isExtra ? .extra : nil) else {
            return .refused(.unknownEndpoint(path: path), .unknown)
        }
        guard methods(of: endpoint).contains(method) else { return refuseMethod(endpoint) }

        let below = request.text(from: start + 1)
        if answersModels, endpoint == .models { return .models(id: nil) }
        if answersModels, endpoint == .model {
            return .models(id: PercentEncoding.decode(below.utf8).map { String(decoding: $0, as: UTF8.self) } ?? below)
        }
        if let key = endpoint.urlKey, let template = exact[key] {
            let isBase = key == .models || key == .responses || key == .images
            return .forward(target(endpoint, template, below: isBase && !below.isEmpty ? below : nil, query))
        }
        guard let base else { return .refused(.unknownEndpoint(path: path, lacksURL: true), endpoint) }
        return .forward(target(endpoint, base, below: rest.isEmpty ? endpoint.rawValue : rest, query))
    }

    private func target(
        _ endpoint: Endpoint, _ template: UpstreamTemplate, below: String?, _ query: String?
    ) -> UpstreamTarget {
        UpstreamTarget(
            endpoint: endpoint, template: template, below: below, clientQuery: query, tokenParameter: tokenParameter)
    }

    private func local(_ request: RequestPath) -> Endpoint? {
        guard request.segments.count <= 1 else { return nil }
        let endpoint: Endpoint
        switch request.text(from: 0) {
        case "": endpoint = .statusPage
        case "healthz": return .health
        case "readyz": return .readiness
        case "metrics": endpoint = .metrics
        case "status.json": endpoint = .statusJSON
        default: return nil
        }
        return surface == .clients ? nil : endpoint
    }

    private func methods(of endpoint: Endpoint) -> [String] {
        answersModels && endpoint == .model ? Endpoint.reading : endpoint.methods
    }

    private func refuseMethod(_ endpoint: Endpoint) -> RouteDecision {
        var methods = methods(of: endpoint)
        if endpoint == .statusPage, rerankAtBase, surface == .all { methods.append("POST") }
        return .refused(.methodNotAllowed(allow: methods.joined(separator: ", ")), endpoint)
    }

    private static let version = Array("v1".utf8)
}
