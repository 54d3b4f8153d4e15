// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayTestSupport
import Testing

/// `tokenrelay check --url`: the client's side of a relay that runs.
@Suite("Check of a relay")
struct CheckRelayTests {
    private let withKey = ["RELAY_CLIENT_KEYS": "ragflow:" + CheckOutcome.key]

    @Test("with nothing configured here, only the relay is asked, with the key from the environment")
    func relayOnly() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            defer { withExtendedLifetime(gateway) {} }
            let relay = try RelayProcess(gateway.environment.merging(withKey) { $1 })
            defer { withExtendedLifetime(relay) {} }
            #expect(relay.waitUntilReady())
            let outcome = try CheckOutcome(["RELAY_CHECK_KEY": CheckOutcome.key], ["--url", relay.baseURL])
            #expect(outcome.exit == .code(0), "\(outcome.printed)")
            #expect(
                outcome.steps.compactMap { $0["step"]?.text } == [
                    "configuration", "relay_dns", "relay_tcp", "relay_readiness", "relay_models", "relay_chat",
                    "relay_stream",
                    "relay_embeddings", "relay_rerank",
                ])
            #expect(outcome.outcome("configuration") == "skipped")
            #expect(outcome.steps.dropFirst().allSatisfy { $0["outcome"]?.text == "passed" }, "\(outcome.printed)")

            let withoutKey = try CheckOutcome([:], ["--url", relay.baseURL + "/v1/"])
            withoutKey.expectFailure(of: "relay_models", "relay_key_refused")
            #expect(withoutKey.cure("relay_models").contains("RELAY_CHECK_KEY"))
            #expect(withoutKey.outcome("relay_chat") == "skipped")
        }
    }

    @Test("with both, the two ways are compared; the relay's key is taken from its own configuration")
    func bothWays() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            defer { withExtendedLifetime(gateway) {} }
            let environment = gateway.environment.merging(withKey) { $1 }
            let relay = try RelayProcess(environment)
            defer { withExtendedLifetime(relay) {} }
            #expect(relay.waitUntilReady())
            let outcome = try gateway.check(environment, ["--url", relay.baseURL])
            #expect(outcome.exit == .code(0), "\(outcome.printed)")
            #expect(outcome.outcome("upstream_stream") == "passed")
            #expect(outcome.outcome("relay_stream") == "passed")
            #expect(outcome.detail("comparison") == "both stream")
        }
    }

    @Test("a gateway that collects is blamed, and not the relay")
    func gatewayBuffers() async throws {
        try await onThread {
            let gateway = try CheckGateway(["stream": { _, connection in try CheckGateway.lump(connection) }])
            defer { withExtendedLifetime(gateway) {} }
            let relay = try RelayProcess(gateway.environment)
            defer { withExtendedLifetime(relay) {} }
            #expect(relay.waitUntilReady())
            let outcome = try gateway.check([:], ["--url", relay.baseURL])
            #expect(outcome.code("upstream_stream") == "stream_in_one_lump", "\(outcome.printed)")
            #expect(outcome.code("relay_stream") == "stream_in_one_lump")
            #expect(outcome.code("comparison") == "buffers_at_gateway")
            #expect(outcome.exit == .code(1))
        }
    }

    @Test("something that collects behind the relay is told from the gateway")
    func proxyBuffers() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            defer { withExtendedLifetime(gateway) {} }
            let relay = try RelayProcess(gateway.environment)
            defer { withExtendedLifetime(relay) {} }
            #expect(relay.waitUntilReady())
            // As a reverse proxy with buffering on: each answer is read to its end before it goes on.
            let front = try ScriptedUpstream.perRequest { request, connection in
                let type = [WireField("Content-Type", "application/json")]
                let answer = try relay.connect().exchange(
                    request.method, request.target, fields: request.body.isEmpty ? [] : type,
                    body: request.body.isEmpty ? nil : request.body)
                if request.method == "HEAD" { return try connection.sendHead(204, fields: []) }
                let kept = answer["Content-Type"].map { [WireField("Content-Type", $0)] } ?? []
                try connection.respond(answer.status, fields: kept, body: answer.body)
            }
            defer { withExtendedLifetime(front) {} }
            let outcome = try gateway.check([:], ["--url", front.baseURL])
            #expect(outcome.outcome("upstream_stream") == "passed", "\(outcome.printed)")
            #expect(outcome.code("relay_stream") == "stream_in_one_lump", "\(outcome.printed)")
            #expect(outcome.code("comparison") == "buffers_at_relay")
        }
    }

    @Test("a relay without a token says so, and what answers there need not be a relay")
    func notReady() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            defer { withExtendedLifetime(gateway) {} }
            gateway.issuer.always(.status(503, json: "{}"))
            let relay = try RelayProcess(gateway.environment)
            defer { withExtendedLifetime(relay) {} }
            let outcome = try CheckOutcome([:], ["--url", relay.baseURL])
            outcome.expectFailure(of: "relay_readiness", "relay_not_ready")
            #expect(outcome.outcome("relay_models") == "skipped")

            let other = try CheckOutcome([:], ["--url", gateway.upstream.baseURL])
            other.expectFailure(of: "relay_readiness", "relay_path_unknown")
        }
    }

    @Test("a wrong path before /v1")
    func wrongPath() async throws {
        try await onThread {
            let gateway = try CheckGateway()
            defer { withExtendedLifetime(gateway) {} }
            let relay = try RelayProcess(gateway.environment)
            defer { withExtendedLifetime(relay) {} }
            #expect(relay.waitUntilReady())
            try CheckOutcome([:], ["--url", relay.baseURL + "/llm/v1"]).expectFailure(
                of: "relay_models", "relay_path_unknown")
        }
    }

    @Test("command lines that cannot be meant", arguments: [["--url", "ftp://x"], ["--lang", "fr"], ["--nope"]])
    func usage(_ arguments: [String]) async throws {
        try await onThread {
            let process = try CheckOutcome.start([:], arguments)
            #expect(process.waitForExit() == .code(64))
            #expect(process.standardError.hasPrefix("tokenrelay: "))
        }
    }
}
