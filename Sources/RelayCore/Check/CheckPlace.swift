// SPDX-License-Identifier: Apache-2.0

/// Whom a step talks to.
package enum CheckSide: String, CaseIterable, Hashable, Sendable {
    case issuer, upstream, relay

    package var name: Sentence {
        switch self {
        case .issuer: Sentence("issuer", "签发方")
        case .upstream: Sentence("upstream", "上游网关")
        case .relay: Sentence("relay", "中继")
        }
    }

    /// What the variables of this side's transport begin with; the way to a relay follows the upstream's.
    package var prefix: String { self == .issuer ? "RELAY_TOKEN_" : "RELAY_UPSTREAM_" }
}

/// One host to connect to: what a URL says, less everything secret.
package struct CheckPlace: Hashable, Sendable {
    package let side: CheckSide
    package let host: String
    package let port: UInt16
    package let isSecure: Bool
    /// The variable or option that named it, for cures.
    package let variable: String

    package init(_ url: CheckedURL, side: CheckSide, variable: String) {
        (self.side, self.variable) = (side, variable)
        (host, port, isSecure) = (url.host, url.port ?? (url.isSecure ? 443 : 80), url.isSecure)
    }

    /// Scheme, host and port.
    package var origin: String { "\(isSecure ? "https" : "http")://\(address)" }

    /// Host and port, an IPv6 address in brackets.
    package var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package var isLiteral: Bool { IPLiteral(host) != nil }

    /// Whether both are reached over the same connection.
    package func isSameHost(as other: CheckPlace) -> Bool {
        side == other.side && host == other.host && port == other.port && isSecure == other.isSecure
    }
}

/// What the settings of one side say about proxies.
package enum ProxySituation: Hashable, Sendable {
    /// No proxy is configured anywhere.
    case none
    /// The environment names one, and `RELAY_…_PROXY=none` forbids it.
    case switchedOff
    /// `https_proxy` and the like.
    case environment
    /// `RELAY_…_PROXY`.
    case configured

    /// - Parameter variables: the process's environment, as libcurl reads it (`HTTP_PROXY` in capitals is ignored there).
    package init(_ proxy: TransportConfiguration.Proxy, isSecure: Bool, variables: [String: String]) {
        let names =
            isSecure
            ? ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] : ["http_proxy", "all_proxy", "ALL_PROXY"]
        let isNamed = names.contains { variables[$0]?.isEmpty == false }
        self =
            switch proxy {
            case .url: .configured
            case .none: isNamed ? .switchedOff : .none
            case .environment: isNamed ? .environment : .none
            }
    }

    /// Whether connections may go through a proxy.
    package var isUsed: Bool { self == .environment || self == .configured }
}

extension Configuration {
    /// The issuer's host; nil for sources without one, and where a placeholder decides.
    package var issuerPlace: CheckPlace? {
        switch token.source {
        case .oauth2(let oauth): Self.place(oauth.tokenURL, .issuer, "RELAY_OAUTH_TOKEN_URL")
        case .http(let template): Self.place(template.url, .issuer, "RELAY_TOKEN_HTTP_URL")
        case .none, .fixed, .file, .exec: nil
        }
    }

    /// Every distinct upstream host, the base URL's first.
    package var upstreamPlaces: [CheckPlace] {
        var places: [CheckPlace] = []
        var candidates = [(upstream.baseURL, "RELAY_UPSTREAM_URL")]
        for key in UpstreamURLKey.allCases {
            candidates.append((upstream.endpointURLs[key], "RELAY_UPSTREAM_\(key.rawValue)_URL"))
        }
        for case (let text?, let variable) in candidates {
            guard let place = Self.place(text, .upstream, variable), !places.contains(where: place.isSameHost) else {
                continue
            }
            places.append(place)
        }
        return places
    }

    private static func place(_ url: String, _ side: CheckSide, _ variable: String) -> CheckPlace? {
        // Placeholders may stand behind the host; only scheme and authority matter here.
        let authority = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let end = url[authority...].firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? url.endIndex
        return (try? CheckedURL(String(url[..<end]))).map { CheckPlace($0, side: side, variable: variable) }
    }
}
