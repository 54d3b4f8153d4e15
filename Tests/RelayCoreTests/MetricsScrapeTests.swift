// SPDX-License-Identifier: Apache-2.0

import RelayBase
import RelayCore
import Testing

@Suite struct MetricsScrapeTests {
    private let token = TokenMetricsSnapshot(secondsToExpiry: 121.5, ageSeconds: 178.5, generation: 7)
    private let process = ProcessSnapshot(
        cpuSeconds: 1.25, residentBytes: 25_000_000, virtualBytes: 300_000_000, openDescriptors: 40,
        maximumDescriptors: 1_048_576, threads: 5, startTime: 1_764_164_600.25)

    private func scrape(_ metrics: Metrics) throws -> Exposition {
        try Exposition(metrics.scrape(token: token, process: process))
    }

    @Test func `Every family the product names is there, with its type`() throws {
        let exposition = try scrape(Metrics(loops: 2))
        let types = Dictionary(uniqueKeysWithValues: exposition.families.map { ($0.name, $0.type) })
        let wanted = [
            "relay_requests_total": "counter", "relay_exchange_seconds": "histogram",
            "relay_first_byte_seconds": "histogram", "relay_overhead_seconds": "histogram",
            "relay_piece_gap_seconds": "histogram", "relay_inflight": "gauge", "relay_queue_depth": "gauge",
            "relay_connections": "gauge", "relay_bytes_total": "counter", "relay_cancelled_total": "counter",
            "relay_truncated_total": "counter", "relay_slow_reader_total": "counter",
            "relay_replays_total": "counter", "relay_upstream_errors_total": "counter",
            "relay_token_seconds_to_expiry": "gauge", "relay_token_age_seconds": "gauge",
            "relay_token_renewals_total": "counter", "relay_token_renewal_seconds": "histogram",
            "relay_token_generation": "gauge", "relay_usage_tokens_total": "counter",
            "process_cpu_seconds_total": "counter", "process_resident_memory_bytes": "gauge",
            "process_open_fds": "gauge", "process_max_fds": "gauge", "process_start_time_seconds": "gauge",
        ]
        for (name, type) in wanted { #expect(types[name] == type, "\(name)") }
        for (name, type) in types where type == "counter" { #expect(name.hasSuffix("_total")) }
    }

    @Test func `A source without renewal has no token families`() throws {
        let exposition = try Exposition(Metrics(loops: 1).scrape())
        #expect(!exposition.families.contains { $0.name.hasPrefix("relay_token") || $0.name.hasPrefix("process") })
    }

    @Test func `A token without an end has no expiry`() throws {
        let exposition = try Exposition(Metrics(loops: 1).scrape(token: TokenMetricsSnapshot(generation: 1)))
        #expect(exposition.family("relay_token_seconds_to_expiry") == nil)
        #expect(exposition.value("relay_token_generation") == 1)
    }

    @Test func `Loops are added up by label`() throws {
        let metrics = Metrics(loops: 2, clients: ["ragflow"])
        let loops = [metrics.loop(0), metrics.loop(1)]
        for (index, loop) in loops.enumerated() {
            for _ in 0...index {
                loop.connectionOpened()
                loop.callStarted()
                loop.requestQueued()
                loop.bytesReceived(10)
                loop.bytesSent(1_000)
                loop.pieceForwarded(gapNanoseconds: 20_000_000)
                loop.exchangeFinished(.chat(), at: .seconds(10))
                loop.usageSeen(endpoint: .chatCompletions, model: "qwen", kind: .prompt, tokens: 100)
            }
        }
        loops[0].callEnded()
        let text = try scrape(metrics)
        let series = ["endpoint": "chat/completions", "status": "200", "client": "ragflow"]
        #expect(text.value("relay_requests_total", series) == 3)
        #expect(text.value("relay_connections") == 3)
        #expect(text.value("relay_inflight") == 2)
        #expect(text.value("relay_queue_depth") == 3)
        #expect(text.value("relay_bytes_total", ["direction": "from_client"]) == 30)
        #expect(text.value("relay_bytes_total", ["direction": "to_client"]) == 3_000)
        #expect(text.value("relay_exchange_seconds_count", ["endpoint": "chat/completions"]) == 3)
        #expect(text.value("relay_exchange_seconds_sum", ["endpoint": "chat/completions"]) == 4.5)
        #expect(text.value("relay_first_byte_seconds_bucket", ["le": "0.25"]) == 3)
        #expect(text.value("relay_first_byte_seconds_bucket", ["le": "0.1"]) == 0)
        #expect(text.value("relay_piece_gap_seconds_bucket", ["le": "0.025"]) == 3)
        #expect(text.value("relay_overhead_seconds_bucket", ["le": "0.00005"]) == 3)
        #expect(text.value("relay_usage_tokens_total", ["model": "other", "kind": "prompt"]) == nil)
        #expect(text.value("relay_usage_tokens_total", ["model": "qwen", "kind": "prompt"]) == 300)
        #expect(text.value("relay_token_seconds_to_expiry") == 121.5)
        #expect(text.value("process_start_time_seconds") == 1_764_164_600.25)
    }

    @Test(arguments: everyFailure, [false, true])
    func `Each failure is counted where it belongs`(_ failure: RelayFailure, _ headSent: Bool) throws {
        let metrics = Metrics(loops: 1)
        var record = ExchangeRecord.chat(status: failure.status, outcome: .failed(failure))
        record.headSent = headSent
        metrics.loop(0).exchangeFinished(record, at: .seconds(0))
        let text = try Exposition(metrics.scrape())
        #expect(text.total("relay_requests_total") == 1)
        #expect(text.total("relay_upstream_errors_total") == (failure.upstreamKind == nil ? 0 : 1))
        if let kind = failure.upstreamKind {
            #expect(text.value("relay_upstream_errors_total", ["kind": kind.rawValue]) == 1)
        }
        #expect(text.value("relay_cancelled_total", ["side": "client"]) == (failure == .clientGone ? 1 : 0))
        let relayEnded = failure == .clientWriteTimeout || (failure == .draining && headSent)
        #expect(text.value("relay_cancelled_total", ["side": "relay"]) == (relayEnded ? 1 : 0))
        #expect(text.value("relay_truncated_total") == (headSent && failure.side != .client ? 1 : 0))
    }

    @Test func `An attempt that is tried again counts as upstream's error, not as an exchange`() throws {
        let metrics = Metrics(loops: 1)
        metrics.loop(0).attemptFailed(.upstreamUnreachable(.refused))
        metrics.loop(0).attemptFailed(.draining)
        let text = try Exposition(metrics.scrape())
        #expect(text.value("relay_upstream_errors_total", ["kind": "refused"]) == 1)
        #expect(text.total("relay_upstream_errors_total") == 1)
        #expect(text.total("relay_requests_total") == 0)
    }

    @Test(arguments: [
        (ExchangeOutcome.ok, "accepted"), (.upstreamStatus, "accepted"),
        (.failed(.upstreamAuthRejected), "rejected"), (.failed(.tokenUnavailable(retryAfter: .zero)), "failed"),
        (.failed(.clientGone), "failed"),
    ])
    func `A replay is counted by its outcome`(_ outcome: ExchangeOutcome, _ label: String) throws {
        let metrics = Metrics(loops: 1)
        let loop = metrics.loop(0)
        loop.exchangeFinished(.chat(outcome: outcome), at: .seconds(0))
        var record = ExchangeRecord.chat(outcome: outcome)
        record.replayed = true
        loop.exchangeFinished(record, at: .seconds(0))
        let text = try Exposition(metrics.scrape())
        #expect(text.value("relay_replays_total", ["outcome": label]) == 1)
        #expect(text.total("relay_replays_total") == 1)
    }

    @Test func `Renewals are counted by trigger and result`() throws {
        let tokens = TokenMetrics()
        tokens.renewalEnded(.timer, duration: .milliseconds(80), unixTime: 1)
        tokens.renewalEnded(.timer, duration: .milliseconds(90), unixTime: 2)
        tokens.renewalEnded(.forced, duration: .seconds(10), unixTime: 3, failure: TokenFetchFailure(.timeout))
        tokens.renewalEnded(.forced, duration: .seconds(10), unixTime: 4, failure: TokenFetchFailure(.timeout))
        #expect(tokens.renewals.failuresInARow == 2)
        tokens.renewalEnded(.demand, duration: .milliseconds(10), unixTime: 5)
        let renewals = tokens.renewals
        #expect(renewals.failuresInARow == 0)
        #expect(renewals.lastSuccess == 5)
        #expect(renewals.lastFailure?.unixTime == 4)
        let text = try Exposition(Metrics(loops: 1).scrape(token: TokenMetricsSnapshot(renewals: renewals)))
        let counted = { (trigger: String, result: String) in
            text.value("relay_token_renewals_total", ["trigger": trigger, "result": result])
        }
        #expect(counted("timer", "success") == 2)
        #expect(counted("timer", "failure") == 0)
        #expect(counted("forced", "failure") == 2)
        #expect(counted("demand", "success") == 1)
        #expect(text.total("relay_token_renewals_total") == 5)
        #expect(text.value("relay_token_renewal_seconds_bucket", ["le": "0.1"]) == 3)
        #expect(text.value("relay_token_renewal_seconds_count") == 5)
    }
}
