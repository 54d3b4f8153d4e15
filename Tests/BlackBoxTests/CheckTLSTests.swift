// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// `tokenrelay check` against TLS that fails in each of its ways.
@Suite("Check of TLS")
struct CheckTLSTests {
    private func check(_ server: TLSServer, _ changes: [String: String] = [:]) throws -> CheckOutcome {
        let environment = [
            "RELAY_UPSTREAM_URL": "https://127.0.0.1:\(server.port)/v1", "RELAY_TOKEN": CheckOutcome.secret,
        ]
        return try CheckOutcome(environment.merging(changes) { $1 })
    }

    @Test("an unknown authority is named by the chain's last certificate, with the variable to set")
    func unknownAuthority() async throws {
        try await onThread {
            let authority = try TestAuthority()
            let server = try TLSServer(authority.issue("gateway", for: "IP:127.0.0.1"))
            defer { withExtendedLifetime(server) {} }
            let outcome = try check(server)
            outcome.expectFailure(of: "upstream_tls", "tls_unknown_authority")
            #expect(
                outcome.cause("upstream_tls").contains(
                    "subject \"CN = gateway\", issuer \"O = Test Corp, CN = Test Root CA\""), "\(outcome.printed)")
            #expect(outcome.cure("upstream_tls").contains("RELAY_UPSTREAM_CA_FILE"))
            #expect(outcome.outcome("upstream_tcp") == "passed")
            #expect(outcome.outcome("models") == "skipped")

            let cured = try check(server, ["RELAY_UPSTREAM_CA_FILE": authority.certificate])
            #expect(cured.outcome("upstream_tls") == "passed", "\(cured.printed)")
            #expect(cured.outcome("models") == "passed")
            #expect(cured.detail("upstream_tls").contains("Test Root CA"))

            let issuer = try CheckOutcome([
                "RELAY_UPSTREAM_URL": "http://127.0.0.1:1/v1",
                "RELAY_OAUTH_TOKEN_URL": "https://127.0.0.1:\(server.port)/token",
                "RELAY_OAUTH_CLIENT_ID": "x", "RELAY_OAUTH_CLIENT_SECRET": CheckOutcome.secret,
            ])
            #expect(issuer.code("issuer_tls") == "tls_unknown_authority")
            #expect(issuer.cure("issuer_tls").contains("RELAY_TOKEN_CA_FILE"))
            #expect(issuer.outcome("token") == "skipped")
        }
    }

    @Test("a certificate for another name, one that has expired, and one that is not valid yet")
    func wrongCertificates() async throws {
        try await onThread {
            let authority = try TestAuthority()
            let trust = ["RELAY_UPSTREAM_CA_FILE": authority.certificate]
            let named = try TLSServer(authority.issue("named", for: "DNS:gateway.example"))
            defer { withExtendedLifetime(named) {} }
            let mismatch = try check(named, trust)
            mismatch.expectFailure(of: "upstream_tls", "tls_name_mismatch")
            #expect(mismatch.cause("upstream_tls").contains("(CN = named)"))

            let old = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"]
            let expired = try TLSServer(authority.issue("old", for: "IP:127.0.0.1", validity: old))
            defer { withExtendedLifetime(expired) {} }
            try check(expired, trust).expectFailure(of: "upstream_tls", "tls_expired")

            let future = ["-startdate", "20980101000000Z", "-enddate", "20990101000000Z"]
            let early = try TLSServer(authority.issue("early", for: "IP:127.0.0.1", validity: future))
            defer { withExtendedLifetime(early) {} }
            try check(early, trust).expectFailure(of: "upstream_tls", "tls_not_yet_valid")
        }
    }

    @Test("a client certificate that is wanted, in either version of TLS", arguments: ["TLSv1_2", "TLSv1_3"])
    func clientCertificate(_ version: String) async throws {
        try await onThread {
            let authority = try TestAuthority()
            let server = try TLSServer(
                authority.issue("gateway", for: "IP:127.0.0.1"), clientAuthority: authority.certificate,
                version: version)
            defer { withExtendedLifetime(server) {} }
            let trust = ["RELAY_UPSTREAM_CA_FILE": authority.certificate]
            let outcome = try check(server, trust)
            outcome.expectFailure(of: "upstream_tls", "tls_client_certificate")
            #expect(outcome.cure("upstream_tls").contains("RELAY_UPSTREAM_CLIENT_CERT_FILE"))

            let client = try authority.issue("client", for: "DNS:client.example")
            let cured = try check(
                server,
                trust.merging([
                    "RELAY_UPSTREAM_CLIENT_CERT_FILE": client.certificate, "RELAY_UPSTREAM_CLIENT_KEY_FILE": client.key,
                ]) { $1 })
            #expect(cured.outcome("upstream_tls") == "passed", "\(cured.printed)")
            #expect(cured.outcome("models") == "passed")
        }
    }

    @Test("a client certificate that is wanted, and a reset instead of an alert that would say so")
    func silentWish() async throws {
        try await onThread {
            let authority = try TestAuthority()
            let server = try TLSServer(
                authority.issue("gateway", for: "IP:127.0.0.1"), clientAuthority: authority.certificate, isSilent: true)
            defer { withExtendedLifetime(server) {} }
            let outcome = try check(server, ["RELAY_UPSTREAM_CA_FILE": authority.certificate])
            outcome.expectFailure(of: "upstream_tls", "tls_client_certificate")
        }
    }

    @Test("https:// to a port that speaks plain HTTP")
    func plainPort() async throws {
        try await onThread {
            let plain = try ScriptedUpstream { connection in
                try connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                _ = connection.waitForPeerClose()
            }
            defer { withExtendedLifetime(plain) {} }
            let outcome = try CheckOutcome([
                "RELAY_UPSTREAM_URL": "https://127.0.0.1:\(plain.port)/v1", "RELAY_TOKEN": CheckOutcome.secret,
            ])
            outcome.expectFailure(of: "upstream_tls", "tls_not_spoken")
        }
    }
}
