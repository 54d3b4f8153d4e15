// SPDX-License-Identifier: Apache-2.0

extension ConfigurationKey {
    private static let year: Duration = .seconds(365 * 86_400)

    /// Where the token comes from, how it is read and when it is renewed.
    static let token: [ConfigurationKey] = sources + oauth2 + request + reading + renewal

    private static let sources: [ConfigurationKey] = [
        ConfigurationKey(
            "RELAY_TOKEN_SOURCE", .tokenSource, .choice(["static", "file", "exec", "oauth2", "http", "none"]),
            "Kind of source; needed only if it is not clear from the variables below.", essential: true),
        ConfigurationKey(
            "RELAY_TOKEN", .tokenSource, .text("token"), "static: a token that never changes.",
            hint: "RELAY_TOKEN_FILE is not its file form but a source of its own, which is watched.",
            display: .hidden, essential: true),
        ConfigurationKey(
            "RELAY_TOKEN_FILE", .tokenSource, .path,
            "file: a file that something else keeps fresh; plain text or JSON.",
            example: "/run/secrets/token", essential: true),
        ConfigurationKey(
            "RELAY_TOKEN_FILE_POLL", .tokenSource, .duration(.milliseconds(100)...(.seconds(3_600)), word: nil),
            default: "5s", "file: how often it is looked at."),
        ConfigurationKey(
            "RELAY_TOKEN_EXEC", .tokenSource, .text("JSON array, or one program path"),
            "exec: a program that prints the token, plain or as JSON (ExecCredential too).",
            example: "[\"/usr/local/bin/get-token\",\"--audience\",\"llm\"]", display: .hidden, essential: true),
        ConfigurationKey(
            "RELAY_TOKEN_EXEC_SHELL", .tokenSource, .text("shell line"), "exec: a line for sh -c instead.",
            display: .hidden),
        ConfigurationKey(
            "RELAY_TOKEN_EXEC_ENV", .tokenSource, .list("list of names"),
            "exec: environment variables handed on to the program.", example: "AWS_PROFILE,KUBECONFIG"),
    ]

    private static let oauth2: [ConfigurationKey] = [
        ConfigurationKey(
            "RELAY_OAUTH_TOKEN_URL", .oauth2, .url, "The issuer's token endpoint.",
            example: "https://sso.corp.example/realms/llm/protocol/openid-connect/token", essential: true),
        ConfigurationKey(
            "RELAY_OAUTH_GRANT", .oauth2, .text("client_credentials, password, refresh_token or a URN"),
            default: "client_credentials", "Grant type."),
        ConfigurationKey("RELAY_OAUTH_CLIENT_ID", .oauth2, .text("text"), "Client id.", essential: true),
        .secret("RELAY_OAUTH_CLIENT_SECRET", .oauth2, .text("text"), "Client secret.", essential: true),
        ConfigurationKey(
            "RELAY_OAUTH_CLIENT_AUTH", .oauth2, .choice(["basic", "basic_raw", "post", "none"]), default: "basic",
            "How the client shows its secret; basic_raw does not form-encode it first.",
            hint: "Unset with an assertion file, or without a secret where none is needed: none."),
        ConfigurationKey("RELAY_OAUTH_SCOPE", .oauth2, .text("text"), "Scopes, separated by spaces."),
        ConfigurationKey("RELAY_OAUTH_AUDIENCE", .oauth2, .text("text"), "Audience parameter."),
        ConfigurationKey("RELAY_OAUTH_RESOURCE", .oauth2, .text("text"), "Resource parameter (RFC 8707)."),
        ConfigurationKey("RELAY_OAUTH_USERNAME", .oauth2, .text("text"), "Grant password: user name."),
        .secret("RELAY_OAUTH_PASSWORD", .oauth2, .text("text"), "Grant password: password."),
        .secret(
            "RELAY_OAUTH_REFRESH_TOKEN", .oauth2, .text("text"),
            "Grant refresh_token: the first one; rotated ones are kept in memory."),
        ConfigurationKey(
            "RELAY_OAUTH_ASSERTION_FILE", .oauth2, .path,
            "File with a signed client assertion (JWT), read at each fetch.",
            example: "/var/run/secrets/tokens/assertion"),
        .secret(
            "RELAY_OAUTH_EXTRA", .oauth2, .text("name=value&name=value"),
            "Further form parameters, percent-encoded; + stands for itself."),
        .secret("RELAY_OAUTH_HEADERS", .oauth2, .headers, "Further headers of the token request."),
    ]

    private static let request: [ConfigurationKey] = [
        ConfigurationKey(
            "RELAY_TOKEN_PRESET", .request, .choice(TokenPreset.allCases.map(\.rawValue)),
            "A ready-made login request; the variables below change it piece by piece.",
            hint: TokenPreset.allCases.map { "\($0.rawValue): \($0.summary)" }.joined(separator: "\n"), essential: true),
        ConfigurationKey(
            "RELAY_TOKEN_PRESET_ID", .request, .text("text"), "Preset: app id, client id, user or account name."),
        .secret("RELAY_TOKEN_PRESET_SECRET", .request, .text("text"), "Preset: app secret, password or API key."),
        ConfigurationKey(
            "RELAY_TOKEN_PRESET_SCOPE", .request, .text("text"), "Preset: scope, resource or project."),
        ConfigurationKey(
            "RELAY_TOKEN_PRESET_DOMAIN", .request, .text("text"), "Preset: the account's domain (huawei_iam)."),
        .secret(
            "RELAY_TOKEN_HTTP_URL", .request, .text("URL with placeholders"), "Where the login request goes.",
            hint:
                "${NAME} stands for any environment variable, ${file:PATH} for a file's content, here, in headers and in the body; both are escaped for their place.",
            example: "https://sso.corp.example/login", essential: true),
        ConfigurationKey(
            "RELAY_TOKEN_HTTP_METHOD", .request, .choice(["GET", "POST", "PUT", "PATCH"]), default: "POST",
            "Its method."),
        .secret(
            "RELAY_TOKEN_HTTP_HEADERS", .request, .headers, "Its headers, with placeholders.",
            example: "{\"X-App\":\"${APP_ID}\"}"),
        .secret(
            "RELAY_TOKEN_HTTP_BODY", .request, .text("text with placeholders"), "Its body, with placeholders.",
            example: "{\"appKey\":\"${APP_KEY}\",\"secret\":\"${file:/run/secrets/app}\"}"),
        ConfigurationKey(
            "RELAY_TOKEN_HTTP_BODY_TYPE", .request, .choice(["json", "form", "raw", "none"]), default: "json",
            "Form of the body; decides Content-Type and how placeholders are escaped."),
    ]

    private static let reading: [ConfigurationKey] = [
        ConfigurationKey(
            "RELAY_TOKEN_FROM", .reading, .text("json:/pointer, header:Name or body"), default: "json:/access_token",
            "Where the token stands in the answer.", example: "json:/data/token"),
        ConfigurationKey(
            "RELAY_TOKEN_OK", .reading, .text("json:/pointer=value"),
            "The answer counts only if this holds; several values between bars.", example: "json:/code=0|200"),
        ConfigurationKey(
            "RELAY_TOKEN_EXPIRY_FROM", .reading, .text("json:/pointer, header:Name, jwt or none"),
            default: "json:/expires_in", "Where the expiry stands."),
        ConfigurationKey(
            "RELAY_TOKEN_EXPIRY_KIND", .reading,
            .text("auto, in_s, in_ms, at_s, at_ms, at_iso, jwt or at_fmt:<format>@<zone>"), default: "auto",
            "How the expiry is written: time left or point in time, seconds or milliseconds.",
            hint: "Formats: %Y-%m-%d %H:%M:%S or yyyy-MM-dd HH:mm:ss; zones: UTC, Z, +08:00, UTC+8.",
            example: "at_fmt:yyyy-MM-dd HH:mm:ss@+08:00"),
        ConfigurationKey(
            "RELAY_TOKEN_REFRESH_IN_FROM", .reading, .text("JSON pointer"),
            "Where the issuer says after how many seconds to renew.", example: "json:/refresh_in"),
        ConfigurationKey(
            "RELAY_TOKEN_TTL", .reading, .duration(.seconds(1)...year, word: nil),
            "A fixed lifetime, whatever the answer says.", example: "5m"),
        ConfigurationKey(
            "RELAY_TOKEN_DEFAULT_TTL", .reading, .duration(.seconds(1)...year, word: nil), default: "300s",
            "The lifetime if the answer does not tell it.",
            hint: "Unless it is set, a smaller RELAY_TOKEN_MAX_TTL lowers it."),
        ConfigurationKey(
            "RELAY_TOKEN_MAX_TTL", .reading, .duration(.seconds(1)...year, word: nil), default: "24h",
            "Longer lifetimes are cut to this."),
    ]

    private static let renewal: [ConfigurationKey] =
        [
            ConfigurationKey(
                "RELAY_TOKEN_LEAD", .renewal, .duration(.zero...(.seconds(86_400)), word: "auto"), default: "auto",
                "Renew so long before the end; auto: a quarter of the lifetime, at most 300s. Never above half of it."),
            ConfigurationKey(
                "RELAY_TOKEN_JITTER", .renewal, .fraction(0...0.5), default: "0.1",
                "Share of the lifetime by which renewal is moved forward at random."),
            ConfigurationKey(
                "RELAY_TOKEN_SKEW", .renewal, .duration(.zero...(.seconds(3_600)), word: "auto"), default: "auto",
                "In so short a time before the end, requests wait for the new token; auto: a tenth, at most 10s."),
            ConfigurationKey(
                "RELAY_TOKEN_TIMEOUT", .renewal, .duration(.milliseconds(100)...(.seconds(600)), word: nil),
                default: "10s", "Limit of one fetch."),
            ConfigurationKey(
                "RELAY_TOKEN_WAIT", .renewal, .duration(.milliseconds(1)...(.seconds(600)), word: nil), default: "15s",
                "How long a request waits for a token, then 503."),
            ConfigurationKey(
                "RELAY_TOKEN_BACKOFF", .renewal, .text("two durations, first..longest"), default: "1s..30s",
                "Pauses after failed fetches."),
            ConfigurationKey(
                "RELAY_TOKEN_FORCE_MIN_INTERVAL", .renewal, .duration(.milliseconds(100)...(.seconds(600)), word: nil),
                default: "5s", "Least time between renewals forced by a refusal upstream."),
            ConfigurationKey(
                "RELAY_TOKEN_REAUTH_ON", .renewal, .text("rules status or status:/pointer=value, between semicolons"),
                default: "401", "Answers that mean the token was refused: renew and send once more.",
                example: "401;403:/code=40301;200:/code=401|40001"),
            ConfigurationKey(
                "RELAY_TOKEN_IDLE_STOP", .renewal, .duration(.seconds(1)...year, word: "off"), default: "off",
                "Stop renewing after so long without a request."),
            ConfigurationKey(
                "RELAY_TOKEN_ALLOW_HTTP", .issuerTransport, .boolean, default: "false",
                "Allow an issuer over plain http that is neither loopback nor link-local."),
        ] + transport(prefix: "RELAY_TOKEN_", section: .issuerTransport, isIssuer: true)
}
