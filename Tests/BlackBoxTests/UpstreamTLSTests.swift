// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

@Suite("TLS to upstream")
struct UpstreamTLSTests {
    @Test("a new connection resumes the session of an earlier one")
    func resumes() async throws {
        try await onThread {
            let authority = try TestAuthority()
            let server = try TLSServer(authority.issue("gateway", for: "IP:127.0.0.1"))
            defer { withExtendedLifetime(server) {} }
            let relay = try RelayProcess([
                "RELAY_UPSTREAM_URL": "https://127.0.0.1:\(server.port)/v1", "RELAY_TOKEN": "tls-token-0123456789",
                "RELAY_UPSTREAM_CA_FILE": authority.certificate, "RELAY_LOOPS": "1",
            ])
            defer { relay.process.kill() }
            let client = try relay.connect()
            // Upstream closes after each answer, so that each request needs a connection of its own.
            let reused = try (0..<3).map { _ in
                try client.exchange("GET", "/v1/models", fields: [WireField("X-Last", "1")])["X-Session-Reused"]
            }
            #expect(reused == ["False", "True", "True"])
        }
    }
}
