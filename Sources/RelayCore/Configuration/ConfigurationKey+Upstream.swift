// SPDX-License-Identifier: Apache-2.0

extension ConfigurationKey {
    /// The gateway, the paths it serves, and the edits on the way to it.
    static let upstream: [ConfigurationKey] =
        [
            ConfigurationKey(
                "RELAY_UPSTREAM_URL", .upstream, .url, "Base URL of the gateway, to which the endpoint is appended.",
                hint: "Required unless every endpoint in use has a URL of its own below.",
                example: "https://llm.corp.example/v1", essential: true)
        ] + UpstreamURLKey.allCases.map(endpoint) + [
            ConfigurationKey(
                "RELAY_UPSTREAM_AUTH_HEADER", .upstream, .text("header name"), default: "Authorization",
                "Header that carries the token."),
            ConfigurationKey(
                "RELAY_UPSTREAM_AUTH_SCHEME", .upstream, .text("word, or empty"), default: "Bearer",
                "Word before the token; empty: the bare token.", mayBeEmpty: true),
            ConfigurationKey(
                "RELAY_UPSTREAM_AUTH_QUERY", .upstream, .text("parameter name"),
                "Send the token in this query parameter and in no header.", example: "access_token"),
            .secret(
                "RELAY_UPSTREAM_HEADERS", .upstream, .headers, "Headers added to every upstream request.",
                example: "{\"X-Team\":\"search\"}"),
        ] + transport(prefix: "RELAY_UPSTREAM_", section: .upstream, isIssuer: false) + [
            ConfigurationKey(
                "RELAY_BASE_PATH", .paths, .list("list of path prefixes"),
                "Prefixes stripped from the client's path, such as the gateway's own.", example: "/agent/api/llm_proxy"),
            ConfigurationKey(
                "RELAY_EXTRA_PATHS", .paths, .list("list of path prefixes"),
                "Endpoints to allow beside the usual ones.", example: "detokenize,custom/v2"),
            ConfigurationKey(
                "RELAY_RERANK_AT_BASE", .paths, .boolean, default: "false",
                "Take a POST to the bare base path as a rerank, as RAGFlow's Go back end sends it."),
            ConfigurationKey(
                "RELAY_MODELS", .paths, .list("list of id or id|max_model_len"),
                "Answer the model list from here instead of asking upstream.", example: "qwen3-32b|131072,bge-m3"),
            ConfigurationKey(
                "RELAY_DROP_FIELDS", .edits, .list("list of names"), "Top-level members removed from JSON bodies.",
                example: "drop_params,enable_thinking"),
            ConfigurationKey(
                "RELAY_MODEL_MAP", .edits, .list("list of alias=real"), "Model names replaced on the way upstream.",
                example: "gpt-4o=qwen3-32b"),
            ConfigurationKey(
                "RELAY_STRIP_MODEL_SUFFIX", .edits, .boolean, default: "false",
                "Cut ___ and what follows from model names, before the map is applied."),
        ]

    private static func endpoint(_ key: UpstreamURLKey) -> ConfigurationKey {
        ConfigurationKey(
            key.variable, .upstream, .url,
            key.isBase
                ? "Base URL for \(key.rawValue.lowercased()) and what lies below it."
                : "Exact URL for \(key.rawValue.lowercased()), instead of the base URL.",
            hint: key == .chat
                ? "{model} is filled from the request's model, as one path segment. So in those below." : "",
            example: key == .chat
                ? "https://x.openai.azure.com/openai/deployments/{model}/chat/completions?api-version=2024-10-21" : "")
    }

    /// The seven transport variables of one side.
    static func transport(prefix: String, section: Section, isIssuer: Bool) -> [ConfigurationKey] {
        let other = isIssuer ? " Unset: as RELAY_UPSTREAM_" : ""
        func follow(_ name: String) -> String { isIssuer ? "\(other)\(name)." : "" }
        func standard(_ text: String) -> String { isIssuer ? "" : text }
        return [
            ConfigurationKey(
                prefix + "CA_FILE", section, .path,
                "PEM file of authorities trusted beside the system's." + follow("CA_FILE"),
                example: "/etc/ssl/corp-ca.pem"),
            ConfigurationKey(
                prefix + "CLIENT_CERT_FILE", section, .path,
                "Client certificate (PEM) for mutual TLS." + follow("CLIENT_CERT_FILE")),
            ConfigurationKey(
                prefix + "CLIENT_KEY_FILE", section, .path,
                "Its private key (PEM), if not in the same file." + follow("CLIENT_KEY_FILE")),
            ConfigurationKey(
                prefix + "TLS_VERIFY", section, .boolean, default: standard("true"),
                "Check the certificate; false is for tests only." + follow("TLS_VERIFY")),
            ConfigurationKey(
                prefix + "PROXY", section, .text("URL, none or environment"), default: standard("environment"),
                "Proxy to use; environment: https_proxy, http_proxy and no_proxy." + follow("PROXY"),
                example: "http://proxy.corp.example:3128", display: .url),
            ConfigurationKey(
                prefix + "HTTP", section, .choice(["1.1", "2", "auto"]), default: standard("1.1"),
                "HTTP version." + follow("HTTP"),
                hint: isIssuer ? "" : "With 2, a paused stream can pile up its whole window (32 MB) inside libcurl."),
            ConfigurationKey(
                prefix + "CONNECTIONS", section, .integer(0...10_000), default: standard("64"),
                "Connections kept idle, for each loop." + follow("CONNECTIONS")),
        ]
    }
}

extension UpstreamURLKey {
    package var variable: String { "RELAY_UPSTREAM_\(rawValue)_URL" }

    /// Whether the URL is a base for paths below it, rather than exact.
    package var isBase: Bool {
        switch self {
        case .models, .responses, .images: true
        default: false
        }
    }
}
