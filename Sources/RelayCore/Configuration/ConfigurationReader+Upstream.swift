// SPDX-License-Identifier: Apache-2.0

extension ConfigurationReader {
    /// The gateway, its transport, paths and edits.
    mutating func readUpstream(_ configuration: inout Configuration) {
        readURLs(&configuration.upstream)
        readInjection(&configuration.upstream)
        read("RELAY_UPSTREAM_HEADERS", into: &configuration.upstream.headers, ConfigurationValue.headers)
        warnOfRequestID(configuration.upstream)
        readTransport("RELAY_UPSTREAM_", into: &configuration.upstream.transport)
        readPaths(&configuration.paths)
        read("RELAY_DROP_FIELDS", into: &configuration.edits.dropFields) { text throws(ValueError) in
            ConfigurationValue.list(text)
        }
        read("RELAY_MODEL_MAP", into: &configuration.edits.modelMap, ConfigurationValue.map)
        boolean("RELAY_STRIP_MODEL_SUFFIX", into: &configuration.edits.stripModelSuffix)
    }

    private mutating func readURLs(_ upstream: inout UpstreamConfiguration) {
        let base = parsed("RELAY_UPSTREAM_URL") { text throws(ValueError) in
            if text.contains("{model}") {
                throw ValueError("holds {model}, which only the URLs of single endpoints may")
            }
            let url = try CheckedURL(text)
            if url.query != nil {
                throw ValueError("has a query; give it with the URL of an endpoint, e.g. RELAY_UPSTREAM_CHAT_URL")
            }
            return url
        }
        if let base {
            warnIfPlain(base, "RELAY_UPSTREAM_URL")
            var text = base.text
            while text.hasSuffix("/") { text.removeLast() }
            for tail in ["/chat/completions", "/completions", "/embeddings", "/rerank"]
            where text.lowercased().hasSuffix(tail) {
                warn(
                    "RELAY_UPSTREAM_URL", "ends in \(tail); it is a base URL (…/v1), to which the endpoint is appended")
                break
            }
            upstream.baseURL = text
        }
        for key in UpstreamURLKey.allCases {
            let url = parsed(key.variable) { text throws(ValueError) in
                let url = try CheckedURL(text, mayHoldModel: true)
                if key == .models && text.contains("{model}") {
                    throw ValueError("holds {model}, but a request for the model list has no body to take it from")
                }
                return url
            }
            guard let url else { continue }
            warnIfPlain(url, key.variable)
            upstream.endpointURLs[key] = url.text
        }
        let names = ["RELAY_UPSTREAM_URL"] + UpstreamURLKey.allCases.map(\.variable)
        if !names.contains(where: { plainValue($0) != nil }) {
            refuse("RELAY_UPSTREAM_URL", "is required: the base URL of the gateway, like https://llm.corp.example/v1")
        }
    }

    private mutating func warnIfPlain(_ url: CheckedURL, _ variable: String) {
        guard !url.isSecure, !url.isLocal else { return }
        warn(
            variable,
            "is plain http: the token and every prompt travel unencrypted to \(SafeText.printable(url.host, limit: 80))"
        )
    }

    private mutating func readInjection(_ upstream: inout UpstreamConfiguration) {
        read("RELAY_UPSTREAM_AUTH_HEADER", into: &upstream.authHeader, ConfigurationValue.fieldName)
        read("RELAY_UPSTREAM_AUTH_SCHEME", into: &upstream.authScheme) { text throws(ValueError) in
            guard text.isEmpty || ConfigurationValue.isToken(text) else {
                throw ValueError("is not one word like Bearer (or empty for the bare token)")
            }
            return text
        }
        upstream.authQuery = parsed("RELAY_UPSTREAM_AUTH_QUERY") { text throws(ValueError) in
            let isPlain = text.utf8.allSatisfy {
                ConfigurationValue.isDigit($0) || ConfigurationValue.isLetter($0) || "-._~".utf8.contains($0)
            }
            guard isPlain else { throw ValueError("is not a parameter name (letters, digits, '-', '.', '_', '~')") }
            return text
        }
        if upstream.authQuery != nil, plainValue("RELAY_UPSTREAM_AUTH_HEADER") ?? "Authorization" != "Authorization" {
            warn(
                "RELAY_UPSTREAM_AUTH_HEADER",
                "is ignored, since RELAY_UPSTREAM_AUTH_QUERY moves the token into the query")
        }
    }

    private mutating func warnOfRequestID(_ upstream: UpstreamConfiguration) {
        guard upstream.headers.contains(where: { $0.name.lowercased() == "x-request-id" }) else { return }
        warn(
            "RELAY_UPSTREAM_HEADERS", "holds X-Request-Id, which is left out: each request has an identifier of its own"
        )
    }

    /// One request carries one token: a static header of the same name would be a second.
    mutating func checkInjection(_ upstream: UpstreamConfiguration) {
        let name = upstream.authHeader.lowercased()
        guard upstream.authQuery == nil, upstream.headers.contains(where: { $0.name.lowercased() == name }) else {
            return
        }
        refuse(
            "RELAY_UPSTREAM_HEADERS",
            "holds the header that carries the token (RELAY_UPSTREAM_AUTH_HEADER); remove it, or set RELAY_TOKEN_SOURCE=none"
        )
    }

    private mutating func readPaths(_ paths: inout PathConfiguration) {
        read("RELAY_BASE_PATH", into: &paths.basePaths) { text throws(ValueError) in
            try ConfigurationValue.paths(text).map { "/" + $0 }
        }
        read("RELAY_EXTRA_PATHS", into: &paths.extraPaths, ConfigurationValue.paths)
        warnOfEmptyPrefix()
        boolean("RELAY_RERANK_AT_BASE", into: &paths.rerankAtBase)
        paths.models = parsed("RELAY_MODELS", ConfigurationValue.models)
    }

    /// A prefix of nothing does not open everything; whoever wrote `/` or `/v1` has to hear that.
    private mutating func warnOfEmptyPrefix() {
        let items = ConfigurationValue.list(setting("RELAY_EXTRA_PATHS")?.text ?? "")
        guard items.contains(where: { $0.split(separator: "/").allSatisfy { $0 == "v1" } }) else { return }
        warn("RELAY_EXTRA_PATHS", "has an entry that names no path below /v1, which allows nothing; name each prefix")
    }

    /// The seven variables of one side; what is unset stays as it is in `transport`.
    mutating func readTransport(_ prefix: String, into transport: inout TransportConfiguration) {
        readCertificate(prefix + "CA_FILE", into: &transport.caFile)
        let wasVerifying = transport.verify
        readClientCertificate(prefix, into: &transport)
        boolean(prefix + "TLS_VERIFY", into: &transport.verify)
        if wasVerifying && !transport.verify {
            warn(
                prefix + "TLS_VERIFY",
                "is false: anybody on the way can read and change what is sent; use \(prefix)CA_FILE instead")
        }
        read(prefix + "PROXY", into: &transport.proxy, Self.proxy)
        choice(prefix + "HTTP", into: &transport.version)
        integer(prefix + "CONNECTIONS", into: &transport.idleConnections)
    }

    private mutating func readCertificate(_ name: String, into target: inout String?) {
        guard let path = text(name), let bytes = fileBytes(path, for: name) else { return }
        if !Self.holds("-----BEGIN ", bytes) {
            refuse(name, "\"\(SafeText.printable(path, limit: 120))\" holds no PEM block (-----BEGIN CERTIFICATE-----)")
        }
        target = path
    }

    /// Certificate and key belong together: one side's certificate never goes with the other side's key.
    private mutating func readClientCertificate(_ prefix: String, into transport: inout TransportConfiguration) {
        let certificateName = prefix + "CLIENT_CERT_FILE", keyName = prefix + "CLIENT_KEY_FILE"
        var certificate: String?, key: String?
        readCertificate(certificateName, into: &certificate)
        readCertificate(keyName, into: &key)
        guard certificate != nil || key != nil else { return }
        (transport.clientCertificateFile, transport.clientKeyFile) = (certificate, key)
        if certificate == nil, plainValue(certificateName) == nil {
            refuse(keyName, "is set without \(certificateName)")
        }
        if key == nil, plainValue(keyName) == nil, let certificate, let bytes = try? readFile(certificate),
            !Self.holds("PRIVATE KEY-----", bytes)
        {
            refuse(
                certificateName,
                "\"\(SafeText.printable(certificate, limit: 120))\" holds no private key; set \(keyName)")
        }
    }

    private static func holds(_ mark: String, _ bytes: [UInt8]) -> Bool {
        String(decoding: bytes, as: UTF8.self).firstRange(of: mark) != nil
    }

    /// `none`, `environment`, or `[scheme://][user:password@]host[:port]`.
    static func proxy(_ text: String) throws(ValueError) -> TransportConfiguration.Proxy {
        switch text.lowercased() {
        case "none", "off", "direct": return .none
        case "environment": return .environment
        default: break
        }
        let separator = text.firstRange(of: "://")
        let scheme = separator.map { text[..<$0.lowerBound].lowercased() } ?? "http"
        guard ["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(scheme) else {
            throw ValueError("begins with none of http://, https://, socks4://, socks4a://, socks5://, socks5h://")
        }
        var authority = text[(separator?.upperBound ?? text.startIndex)...]
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        if authority.hasSuffix("/") { authority.removeLast() }
        guard ConfigurationValue.isVisible(text) else { throw ValueError("holds a space or a character outside ASCII") }
        _ = try CheckedURL.hostAndPort(authority)
        return .url(separator == nil ? "http://" + text : text)
    }
}
