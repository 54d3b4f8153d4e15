// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Everything a relay prints and shows, searched for every secret it was ever given.
@Suite("Secrets of a running relay")
struct LogSecrecyTests {
    private static let clientKey = "canary-client-key-0123456789"
    private static let secrets = [
        "RELAY_CLIENT_KEYS": "ragflow:\(clientKey)", "RELAY_LOG_LEVEL": "debug",
        "RELAY_UPSTREAM_HEADERS": #"{"X-Tenant-Secret":"canary-upstream-header-0123456789"}"#,
    ]

    /// Output, metrics, status data and the `config` command's text, at the end of the relay's life.
    private func everything(_ relay: RelayProcess, _ environment: [String: String]) throws -> String {
        let client = try relay.connect()
        var texts = [
            try client.exchange("GET", "/metrics").bodyText,
            try client.exchange("GET", "/status.json", fields: [.bearer(Self.clientKey)]).bodyText,
            try client.exchange("GET", "/readyz").bodyText,
        ]
        _ = relay.stop()
        texts.append(relay.everythingPrinted)
        for command in ["config", "env"] {
            let process = try TestProcess(
                executable: BuiltProduct.path(of: "tokenrelay"), arguments: [command], environment: environment)
            #expect(process.waitForExit() != nil)
            texts.append(process.everythingPrinted)
        }
        return texts.joined(separator: "\n")
    }

    private func expectNoSecret(
        _ text: String, _ secrets: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for secret in secrets + ["canary"] {
            guard let range = text.firstRange(of: secret) else { continue }
            let around = text[..<range.lowerBound].suffix(200)
            Issue.record("a secret came out after: \(around)", sourceLocation: sourceLocation)
        }
    }

    @Test("an issuer that works, refuses, echoes and breaks", arguments: ["client_credentials", "password"])
    func oauth(grant: String) async throws {
        try await onThread {
            let issuer = try ScriptedIssuer(lifetime: 2)
            issuer.script(
                .status(400, json: #"{"error":"canary-oauth-secret-0123456789"}"#),
                .status(500, json: #"{"message":"client canary-oauth-id canary-oauth-secret-0123456789"}"#))
            let upstream = try ScriptedUpstream.perRequest { request, connection in
                // A gateway that shows what it got, in its answer and in a field.
                let got = request.values(of: "Authorization").joined()
                try connection.respond(
                    request.indexOnConnection % 2 == 0 ? 200 : 401, fields: [WireField("X-Echo", "ok")],
                    json: #"{"echo":"\#(got)"}"#)
            }
            let environment = Self.secrets.merging([
                "RELAY_UPSTREAM_URL": "\(upstream.baseURL)/v1", "RELAY_OAUTH_TOKEN_URL": issuer.url,
                "RELAY_OAUTH_CLIENT_ID": "app", "RELAY_OAUTH_CLIENT_SECRET": "canary-oauth-secret-0123456789",
                "RELAY_OAUTH_GRANT": grant, "RELAY_OAUTH_USERNAME": grant == "password" ? "robot" : "",
                "RELAY_OAUTH_PASSWORD": grant == "password" ? "canary-password-0123456789" : "",
                "RELAY_TOKEN_BACKOFF": "100ms..200ms",
            ]) { $1 }
            let relay = try RelayProcess(environment.filter { !$0.value.isEmpty })
            #expect(relay.waitUntilReady())
            for _ in 0..<6 {
                _ = try relay.connect().exchange(
                    "POST", "/v1/chat/completions",
                    fields: [
                        .bearer(Self.clientKey), WireField("Cookie", "session=canary-cookie"),
                        WireField("Proxy-Authorization", "Basic canary-proxy"),
                    ], body: Array("{}".utf8))
            }
            _ = try relay.connect().exchange(
                "POST", "/v1/chat/completions?api_key=canary-query", fields: [.bearer("canary-wrong-key")], body: [])
            #expect(!issuer.issued.isEmpty)
            expectNoSecret(try everything(relay, environment), issuer.issued)
        }
    }

    @Test("a token in the query towards an upstream that cannot be reached, or talks nonsense")
    func queryToken() async throws {
        try await onThread {
            let closed = try ScriptedUpstream { $0.reset() }
            let nonsense = try ScriptedUpstream { connection in
                _ = try connection.readRequest()
                try connection.send("canary-nonsense\r\n\r\n")
            }
            for upstream in [closed, nonsense] {
                let environment = Self.secrets.merging([
                    "RELAY_UPSTREAM_URL": "\(upstream.baseURL)/v1", "RELAY_TOKEN": "canary-static-token-0123456789",
                    "RELAY_UPSTREAM_AUTH_QUERY": "sig",
                ]) { $1 }
                let relay = try RelayProcess(environment)
                let answer = try relay.connect().exchange(
                    "POST", "/v1/chat/completions", fields: [.bearer(Self.clientKey)], body: Array("{}".utf8))
                #expect(answer.status == 502)
                expectNoSecret(answer.bodyText)
                expectNoSecret(try everything(relay, environment))
            }
        }
    }

    @Test("logged bodies have credentials blotted out")
    func bodies() async throws {
        try await onThread {
            let token = "canary-static-token-0123456789"
            let upstream = try ScriptedUpstream.perRequest { request, connection in
                let got = request.values(of: "Authorization").joined()
                try connection.respond(json: #"{"headers":{"Authorization":"\#(got)"},"text":"\#(got) \#(token)"}"#)
            }
            let environment = Self.secrets.merging([
                "RELAY_UPSTREAM_URL": "\(upstream.baseURL)/v1", "RELAY_TOKEN": token, "RELAY_LOG_BODIES": "full",
            ]) { $1 }
            let relay = try RelayProcess(environment)
            for field in [WireField.bearer(Self.clientKey), WireField("x-api-key", Self.clientKey)] {
                let answer = try relay.connect().exchange(
                    "POST", "/v1/chat/completions", fields: [field],
                    body: Array(#"{"api_key":"canary-in-body","prompt":"my key is \#(Self.clientKey), keep it"}"#.utf8))
                #expect(answer.status == 200)
                // The client gets the bytes as they are.
                #expect(answer.bodyText.contains(token))
            }
            let text = try everything(relay, environment)
            #expect(text.contains("keep it"))
            expectNoSecret(text)
        }
    }
}
