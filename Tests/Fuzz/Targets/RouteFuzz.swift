// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore

/// The router behind the parser: whatever target a client writes, the URL stays at the operator's server, below his
/// path, and holds no dot segment.
enum RouteFuzz {
    private struct Variant {
        var paths = PathConfiguration()
        var upstream = UpstreamConfiguration()
        var surface = Router.Surface.all
        /// What every URL begins with.
        var prefix: String

        init(_ base: String, _ prefix: String) {
            upstream.baseURL = base
            self.prefix = prefix
        }
    }

    private static let variants: [Variant] = {
        let plain = Variant("https://g.example", "https://g.example/")
        var deep = Variant("https://g.example:8443/a/b?api-version=1", "https://g.example:8443/a/b/")
        deep.upstream.authQuery = "key"
        var spelled = Variant("http://[::1]:9/base/", "http://[::1]:9/base/")
        spelled.paths.basePaths = ["/relay", "/x/y"]
        spelled.paths.extraPaths = ["internal", "v1/foo", "a/b"]
        spelled.paths.rerankAtBase = true
        var exact = Variant("https://g.example/base", "https://g.example/base/")
        for key in UpstreamURLKey.allCases {
            exact.upstream.endpointURLs[key] = "https://g.example/base/\(key.rawValue)/{model}?d={model}"
        }
        var listed = plain
        listed.paths.models = [ModelEntry(id: "a/b")]
        listed.surface = .clients
        var admin = plain
        admin.surface = .admin
        return [plain, deep, spelled, exact, listed, admin]
    }()

    static func run(_ input: [UInt8]) throws {
        let input = FuzzInput(input)
        let variant = input.variant(of: variants)
        let wire = input.bytes(0) + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        let reading = try RequestReading([wire[...]], limits: ParseLimits())
        guard let head = reading.heads.first else { return }
        let router = Router(paths: variant.paths, upstream: variant.upstream, surface: variant.surface)
        let decision = router.route(method: head.method, path: head.target.path, query: head.target.query)
        guard case .forward(let target) = decision else { return }
        try require(variant.surface != .admin, "the admin address forwards")
        guard let url = try? target.url(model: target.needsModel ? input.text(1) : nil) else { return }
        try require(url.text.hasPrefix(variant.prefix), "the URL is elsewhere: \(url.text)")
        try require(url.text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }, "no URL")
        let path = url.text.dropFirst(variant.prefix.count).prefix { $0 != "?" }
        try checkSegments(String(path))
        if let name = variant.upstream.authQuery { try checkQuery(url, name) }
    }

    /// Decodes as whoever stands behind the gateway may: once, slashes both ways, parameters cut off.
    private static func checkSegments(_ path: String) throws {
        let decoded = PercentEncoding.decodeLeniently(path.utf8)
        for bytes in [Array(path.utf8), decoded] {
            for segment in bytes.split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }) {
                let name = String(decoding: segment.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
                try require(name != "." && name != "..", "a dot segment: \(path)")
            }
        }
        try require(decoded.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "an encoded control character")
    }

    private static func checkQuery(_ url: UpstreamURL, _ name: String) throws {
        let whole = url.adding(token: Secret("t0ken")).reveal
        try require(whole.hasPrefix(url.text), "adding the token changes the URL")
        let query = whole.drop { $0 != "?" }.dropFirst()
        let mine = query.utf8.split(separator: UInt8(ascii: "&")).filter { parameter in
            PercentEncoding.decodeLeniently(parameter.prefix { $0 != UInt8(ascii: "=") }).elementsEqual(name.utf8)
        }
        try require(mine.count == 1, "not exactly one token in the query")
    }
}
