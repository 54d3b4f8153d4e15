// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

@Suite struct ConfigurationDocumentTests {
    /// The sample with every variable uncommented, as an env file is read.
    private var uncommented: [String: String] {
        var environment: [String: String] = [:]
        for line in ConfigurationKey.sampleFile.split(separator: "\n") where line.hasPrefix("#RELAY_") {
            let mark = line.firstIndex(of: "=") ?? line.endIndex
            environment[String(line[..<mark].dropFirst())] = String(line[mark...].dropFirst())
        }
        return environment
    }

    @Test func `Every variable is in the sample exactly once, commented out with its default`() {
        let lines = ConfigurationKey.sampleFile.split(separator: "\n").map(String.init)
        for key in ConfigurationKey.all {
            #expect(lines.filter { $0.hasPrefix("#\(key.name)=") } == ["#\(key.name)=\(key.defaultText)"])
        }
        #expect(lines.allSatisfy { $0.hasPrefix("# ") || $0.hasPrefix("#RELAY_") || $0 == "#" })
        #expect(uncommented.count == ConfigurationKey.all.count)
    }

    @Test func `The sample, uncommented and with the two required values, loads without a word`() throws {
        let environment = uncommented.merging(minimalEnvironment) { _, new in new }
        let loaded = try load(environment)
        #expect(loaded.warnings == [])
        #expect(
            try String(describing: loaded.configuration) == String(describing: load(minimalEnvironment).configuration))
    }

    @Test func `Every example is one the relay takes`() throws {
        let values = ["APP_ID": "a", "APP_KEY": "b"]
        for key in ConfigurationKey.all where !key.example.isEmpty {
            var environment = minimalEnvironment.merging(values) { a, _ in a }
            if key.section == .oauth2 || key.section == .request || key.section == .tokenSource {
                environment["RELAY_TOKEN"] = nil
                environment["RELAY_TOKEN_HTTP_URL"] = key.section == .request ? "https://i/login" : nil
                environment["RELAY_TOKEN_EXEC"] = key.name == "RELAY_TOKEN_EXEC_ENV" ? "/bin/get" : nil
            }
            if key.section == .oauth2 {
                environment["RELAY_OAUTH_TOKEN_URL"] = "https://i/t"
                environment["RELAY_OAUTH_CLIENT_ID"] = "a"
                environment["RELAY_OAUTH_CLIENT_SECRET"] = "b"
            }
            if key.name == "RELAY_LISTEN" { environment["RELAY_CLIENT_KEYS"] = "k" }
            environment[key.name] = key.example
            let pem = "-----BEGIN CERTIFICATE-----"
            let found = problems(
                environment,
                files: [
                    "/run/secrets/app": "x", "/run/secrets/token": "x", "/var/run/secrets/tokens/assertion": "x",
                    "/etc/ssl/corp-ca.pem": pem,
                ])
            #expect(found == [], "\(key.name)")
        }
    }

    @Test func `The README's tables hold every variable once, and no bar that would break a row`() {
        let rows = ConfigurationKey.markdownTables.split(separator: "\n").filter { $0.hasPrefix("| `RELAY_") }
        #expect(rows.count == ConfigurationKey.all.count)
        for row in rows {
            var bars = 0
            var last: Character = " "
            for character in row {
                if character == "|" && last != "\\" { bars += 1 }
                last = character
            }
            #expect(bars == 4, "\(row)")
        }
    }

    @Test func `Every variable of the product is known`() {
        let names = """
            LISTEN ADMIN_LISTEN LOOPS UPSTREAM_URL UPSTREAM_CHAT_URL UPSTREAM_COMPLETIONS_URL UPSTREAM_EMBEDDINGS_URL UPSTREAM_RERANK_URL
            UPSTREAM_MODELS_URL UPSTREAM_RESPONSES_URL UPSTREAM_TRANSCRIPTIONS_URL UPSTREAM_TRANSLATIONS_URL UPSTREAM_SPEECH_URL
            UPSTREAM_IMAGES_URL UPSTREAM_MODERATIONS_URL BASE_PATH EXTRA_PATHS MODELS RERANK_AT_BASE MAX_BODY BODY_BUDGET UPSTREAM_HEADERS
            CLIENT_BUFFER CLIENT_WRITE_TIMEOUT SSE_HEARTBEAT UPSTREAM_AUTH_HEADER UPSTREAM_AUTH_SCHEME UPSTREAM_AUTH_QUERY MAX_CONNECTIONS
            MAX_INFLIGHT QUEUE QUEUE_WAIT HEADER_TIMEOUT BODY_TIMEOUT KEEPALIVE_TIMEOUT CONNECT_TIMEOUT FIRST_BYTE_TIMEOUT IDLE_TIMEOUT
            TOTAL_TIMEOUT MAX_HEADER MAX_FIELDS MAX_TARGET DRAIN_TIMEOUT RETRY CLIENT_KEYS CLIENT_KEYS_FILE CLIENT_LIMITS ALLOW_ANONYMOUS
            DROP_FIELDS MODEL_MAP STRIP_MODEL_SUFFIX LOG_FORMAT LOG_LEVEL LOG_BODIES HALF_CLOSE UPSTREAM_CA_FILE UPSTREAM_CLIENT_CERT_FILE
            UPSTREAM_CLIENT_KEY_FILE UPSTREAM_TLS_VERIFY UPSTREAM_PROXY UPSTREAM_HTTP UPSTREAM_CONNECTIONS TOKEN_CA_FILE
            TOKEN_CLIENT_CERT_FILE TOKEN_CLIENT_KEY_FILE TOKEN_TLS_VERIFY TOKEN_PROXY TOKEN_HTTP TOKEN_CONNECTIONS TOKEN_SOURCE TOKEN
            TOKEN_FILE TOKEN_FILE_POLL TOKEN_EXEC TOKEN_EXEC_SHELL TOKEN_EXEC_ENV OAUTH_TOKEN_URL OAUTH_GRANT OAUTH_CLIENT_ID
            OAUTH_CLIENT_SECRET OAUTH_CLIENT_SECRET_FILE OAUTH_CLIENT_AUTH OAUTH_SCOPE OAUTH_AUDIENCE OAUTH_RESOURCE OAUTH_USERNAME
            OAUTH_PASSWORD OAUTH_PASSWORD_FILE OAUTH_REFRESH_TOKEN OAUTH_REFRESH_TOKEN_FILE OAUTH_ASSERTION_FILE OAUTH_EXTRA OAUTH_HEADERS
            TOKEN_HTTP_URL TOKEN_HTTP_METHOD TOKEN_HTTP_HEADERS TOKEN_HTTP_BODY TOKEN_HTTP_BODY_TYPE TOKEN_PRESET TOKEN_FROM TOKEN_OK
            TOKEN_EXPIRY_FROM TOKEN_EXPIRY_KIND TOKEN_REFRESH_IN_FROM TOKEN_TTL TOKEN_DEFAULT_TTL TOKEN_MAX_TTL TOKEN_LEAD TOKEN_JITTER
            TOKEN_SKEW TOKEN_TIMEOUT TOKEN_WAIT TOKEN_BACKOFF TOKEN_FORCE_MIN_INTERVAL TOKEN_REAUTH_ON TOKEN_IDLE_STOP TOKEN_ALLOW_HTTP
            """
        for name in names.split(whereSeparator: \.isWhitespace) {
            #expect(ConfigurationKey.knownNames.contains("RELAY_\(name)"), "RELAY_\(name)")
        }
    }
}
