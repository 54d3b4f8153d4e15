// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import RelayUpstream

extension CheckRun {
    /// The client's side of a relay that runs: the way there, its readiness, and the API through it.
    mutating func check(_ relay: CheckSetup.Relay) async throws {
        // Clients of the relay know nothing of its upstream's certificates; only an authority may be shared.
        var transport = TransportConfiguration()
        transport.caFile = setup.environment["RELAY_UPSTREAM_CA_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        let profile = try TransportProfile(transport, connectTimeout: .seconds(10), readFile: setup.readFile)
        let loop = try ProbeLoop(issuerProfile: profile)
        defer { loop.stop() }
        var clocks: [ClockReading] = []
        var blocked = await connect(to: relay.place, profile, transport, &clocks, host: nil)
        let client = RelayClient(loop: loop, limit: setup.limit, relay: relay, profile: profile)
        let step = CheckStep(.readiness, .relay)
        if let blocked {
            skip(step, needing: blocked)
        } else {
            await checkReadiness(client, step)
            if report.results.last?.isFailed == true { blocked = step }
        }
        await checkAPI(client, blockedBy: blocked)
    }

    private mutating func checkReadiness(_ client: RelayClient, _ step: CheckStep) async {
        begin(step)
        let probed = await client.loop.call(client.call("GET", "/readyz"))
        guard let answer = probed.answer, probed.failure == nil else {
            let failure = probed.failure ?? UpstreamFailure(.reset)
            return fail(step, [probed.isTimedOut ? .noAnswer(within: client.limit) : client.finding(failure)])
        }
        if let finding = CheckFinding(readiness: answer, address: client.relay.place.address) {
            return fail(step, [finding])
        }
        pass(step, Sentence("a token is at hand", "已有可用令牌"))
    }
}
