// SPDX-License-Identifier: Apache-2.0

/// A configured upstream URL, cut so that only its path and query can be completed: scheme, host and port are fixed
/// here, once, and whatever a client sends is appended behind them.
struct UpstreamTemplate: Hashable, Sendable {
    /// The variable that holds the URL, for messages.
    let variable: String
    /// Scheme, authority and path, cut at each `{model}` of the path.
    private let path: [String]
    /// The URL's own query, cut likewise; nil without a `?`.
    private let query: [String]?

    /// Cuts `url`, without its fragment.
    ///
    /// `{model}` inside the authority stays as it is and makes the URL unusable rather than dependent on the client.
    init(_ url: String, variable: String) {
        self.variable = variable
        let whole = url.prefix { $0 != "#" }
        let mark = whole.firstIndex(of: "?") ?? whole.endIndex
        let location = whole[..<mark]
        let authority = location.firstRange(of: "://")?.upperBound ?? location.startIndex
        let pathStart = location[authority...].firstIndex(of: "/") ?? location.endIndex
        var pieces = Self.cut(location[pathStart...])
        pieces[0] = String(location[..<pathStart]) + pieces[0]
        path = pieces
        query = mark == whole.endIndex ? nil : Self.cut(whole[whole.index(after: mark)...])
    }

    var needsModel: Bool { path.count > 1 || (query?.count ?? 0) > 1 }

    /// The URL for one request.
    ///
    /// `below` is joined with one slash (nil: the path is exact), `clientQuery` follows the URL's own query.
    func render(below: String?, clientQuery: String?, model: String) -> String {
        var result = path.count == 1 ? path[0] : path.joined(separator: model)
        if let below {
            if result.utf8.last != UInt8(ascii: "/") { result += "/" }
            result += below
        }
        guard let query, query != [""] else {
            if let clientQuery { result += "?" + clientQuery }
            return result
        }
        result += "?" + query.joined(separator: model)
        if let clientQuery, !clientQuery.isEmpty { result += "&" + clientQuery }
        return result
    }

    /// At least one piece.
    private static func cut(_ text: Substring) -> [String] {
        let pieces = text.split(separator: "{model}", omittingEmptySubsequences: false).map { String($0) }
        return pieces.isEmpty ? [""] : pieces
    }
}
