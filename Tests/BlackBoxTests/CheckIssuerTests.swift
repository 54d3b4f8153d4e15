// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// `tokenrelay check` against issuers that misbehave, and against hosts that cannot be reached.
@Suite("Check against issuers")
struct CheckIssuerTests {
    private func check(_ answer: ScriptedIssuer.Answer, _ changes: [String: String] = [:]) throws -> CheckOutcome {
        let gateway = try CheckGateway()
        defer { withExtendedLifetime(gateway) {} }
        gateway.issuer.always(answer)
        return try gateway.check(changes)
    }

    @Test("variables that are missing or malformed, in the words of serve")
    func configuration() async throws {
        try await onThread {
            let missing = try CheckOutcome(["RELAY_TOKEN": CheckOutcome.secret])
            missing.expectFailure(of: "configuration", "variable_missing")
            #expect(missing.outcome("token") == "skipped")
            let environment = [
                "RELAY_UPSTREAM_URL": "htp:/x", "RELAY_TOKEN": CheckOutcome.secret, "RELAY_QUEUE": "many",
            ]
            let malformed = try CheckOutcome(environment)
            malformed.expectFailure(of: "configuration", "variable_malformed")
            let serve = try TestProcess(
                executable: BuiltProduct.path(of: "tokenrelay"), arguments: ["serve"], environment: environment)
            #expect(serve.waitForExit() == .code(78))
            let findings = malformed.step("configuration")?["findings"]?.list ?? []
            #expect(findings.count == 2)
            for finding in findings { #expect(serve.standardError.contains(finding["cause"]?.text ?? "?")) }
        }
    }

    @Test(
        "a refused secret: how it was sent, and the other way to try",
        arguments: [("basic", "post"), ("post", "basic")])
    func refusedClient(_ used: String, _ other: String) async throws {
        try await onThread {
            let outcome = try check(
                .status(401, json: #"{"error":"invalid_client","error_description":"canary-client-secret-5f1c"}"#),
                ["RELAY_OAUTH_CLIENT_AUTH": used])
            outcome.expectFailure(of: "token", "issuer_refused_client")
            #expect(outcome.cause("token").contains("(\(used))"))
            #expect(outcome.cure("token").contains("RELAY_OAUTH_CLIENT_AUTH=\(other)"))
            #expect(outcome.outcome("models") == "skipped")
        }
    }

    @Test("an issuer that repeats the secret as its error code does not make the check print it")
    func echoedSecret() async throws {
        try await onThread {
            let outcome = try check(.status(400, json: #"{"error":"canary-client-secret-5f1c"}"#))
            outcome.expectFailure(of: "token", "issuer_refused_client")
        }
    }

    @Test("no token at the given place: the names that are there")
    func missingToken() async throws {
        try await onThread {
            let outcome = try check(
                .template(200, #"{"code":0,"data":{"jwt":"TOKEN","ttl":60}}"#), ["RELAY_TOKEN_FROM": "json:/data/token"]
            )
            outcome.expectFailure(of: "token", "token_missing")
            #expect(outcome.cause("token").contains("members there: jwt, ttl"))
            #expect(outcome.cure("token").contains("RELAY_TOKEN_FROM"))
        }
    }

    @Test("an expiry that nobody understands")
    func expiry() async throws {
        try await onThread {
            let outcome = try check(.template(200, #"{"access_token":"TOKEN","expires_in":"soon"}"#))
            outcome.expectFailure(of: "token", "expiry_unreadable")
            let none = try check(.template(200, #"{"access_token":"TOKEN"}"#))
            #expect(none.outcome("token") == "warned")
            #expect(none.code("token") == "expiry_unreadable")
            #expect(none.exit == .code(0), "\(none.printed)")
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var answer: ScriptedIssuer.Answer
        var code: String
        var testDescription: String { code }
    }

    static let cases = [
        Case(answer: .status(400, json: #"{"error":"invalid_scope"}"#), code: "issuer_refused_grant"),
        Case(answer: .status(404, json: "{}"), code: "issuer_path_wrong"),
        Case(answer: .status(302, json: "{}"), code: "issuer_redirects"),
        Case(answer: .status(429, json: "{}"), code: "issuer_busy"),
        Case(answer: .status(503, json: "{}"), code: "issuer_fault"),
        Case(answer: .status(200, json: #"{"error":"locked"}"#), code: "issuer_said_no"),
        Case(answer: .status(200, json: "<html>"), code: "token_answer_not_json"),
        Case(answer: .template(200, #"{"access_token":"TOKEN with spaces","expires_in":60}"#), code: "token_illegal"),
        Case(answer: .close, code: "connection_lost"),
    ]

    @Test("other answers of the issuer", arguments: cases)
    func answers(_ sample: Case) async throws {
        try await onThread { try check(sample.answer).expectFailure(of: "token", sample.code) }
    }

    @Test("an issuer that hangs")
    func hang() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            defer { withExtendedLifetime(gateway) {} }
            gateway.issuer.always(.hang)
            let outcome = try gateway.check(["RELAY_TOKEN_TIMEOUT": "1s"])
            outcome.expectFailure(of: "token", "answer_timeout")
            #expect(outcome.cause("token").contains("RELAY_TOKEN_TIMEOUT"))
        }
    }

    @Test("names that do not resolve, ports where nothing listens, and a port that is silent in TLS")
    func hosts() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            defer { withExtendedLifetime(gateway) {} }
            let name = try gateway.check(
                [
                    "RELAY_OAUTH_TOKEN_URL": "http://sso.invalid/token", "RELAY_TOKEN_ALLOW_HTTP": "true",
                ].merging(quickResolver) { $1 })
            name.expectFailure(of: "issuer_dns", "name_unresolved")
            #expect(name.outcome("issuer_tcp") == "skipped")
            #expect(name.outcome("token") == "skipped")
            #expect(name.outcome("upstream_tcp") == "passed")

            // Not a port that the kernel has just given away: it would give it to another test.
            let refused = try gateway.check(["RELAY_UPSTREAM_URL": "http://127.0.0.1:1/v1"])
            refused.expectFailure(of: "upstream_tcp", "connection_refused")
            #expect(refused.outcome("token") == "passed")

            let silent = try ScriptedUpstream { _ = $0.waitForPeerClose() }
            defer { withExtendedLifetime(silent) {} }
            let timeout = try gateway.check([
                "RELAY_UPSTREAM_URL": "https://127.0.0.1:\(silent.port)/v1", "RELAY_CONNECT_TIMEOUT": "5s",
            ])
            timeout.expectFailure(of: "upstream_tls", "tls_not_spoken")
            #expect(timeout.outcome("upstream_tcp") == "passed")
        }
    }

    @Test("proxies: one that says no, one that wants a name, one that is not there, one that is forbidden")
    func proxies() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            defer { withExtendedLifetime(gateway) {} }
            func through(_ proxy: String, _ more: [String: String] = [:]) throws -> CheckOutcome {
                let changes = [
                    "RELAY_UPSTREAM_URL": "https://gw.invalid/v1", "RELAY_UPSTREAM_PROXY": proxy,
                    "RELAY_TOKEN_PROXY": "none",
                ]
                return try gateway.check(changes.merging(more) { $1 }.merging(quickResolver) { $1 })
            }
            for (status, code) in [(403, "proxy_refused"), (407, "proxy_login")] {
                let proxy = try ScriptedUpstream { connection in
                    while try connection.readRequestHead() != nil {
                        try connection.sendHead(status, fields: [WireField("Content-Length", "0")])
                    }
                }
                let outcome = try through("http://user:canary-client-key-77aa@127.0.0.1:\(proxy.port)")
                outcome.expectFailure(of: "upstream_tcp", code)
                #expect(outcome.detail("upstream_dns") == "left to the proxy")
                let gone = try through("http://127.0.0.1:1")
                gone.expectFailure(of: "upstream_tcp", "proxy_unreachable")
            }
            let forbidden = try through("none", ["https_proxy": "http://127.0.0.1:1"])
            forbidden.expectFailure(of: "upstream_dns", "proxy_needed")
        }
    }

    @Test("sources on this machine: a file that is missing, a program that fails, a secret that cannot be read")
    func localSources() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            defer { withExtendedLifetime(gateway) {} }
            func local(_ environment: [String: String]) throws -> CheckOutcome {
                try CheckOutcome(environment.merging(["RELAY_UPSTREAM_URL": "\(gateway.upstream.baseURL)/v1"]) { $1 })
            }
            try local(["RELAY_TOKEN_FILE": "/nonexistent/token", "RELAY_TOKEN_SOURCE": "file"]).expectFailure(
                of: "token", "token_file")
            try local(["RELAY_TOKEN_EXEC": #"["/bin/false"]"#]).expectFailure(of: "token", "token_program")
            let none = try local(["RELAY_TOKEN_SOURCE": "none"])
            #expect(none.outcome("token") == "skipped")
            #expect(none.code("models") == "token_refused")
            #expect(none.cause("models").contains("RELAY_TOKEN_SOURCE=none"))
        }
    }
}
