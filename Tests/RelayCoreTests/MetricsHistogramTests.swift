// SPDX-License-Identifier: Apache-2.0

import RelayBase
import RelayCore
import Testing

@Suite struct MetricsHistogramTests {
    private func scrape(gaps: [Int64]) throws -> Exposition {
        let metrics = Metrics(loops: 1)
        let loop = metrics.loop(0)
        for gap in gaps { loop.pieceForwarded(gapNanoseconds: gap) }
        return try Exposition(metrics.scrape())
    }

    @Test(arguments: [
        (Int64.min, "0.00001"), (-1, "0.00001"), (0, "0.00001"), (10_000, "0.00001"), (10_001, "0.000025"),
        (1_000_000, "0.001"), (1_000_001, "0.0025"), (60_000_000_000, "60"), (60_000_000_001, "+Inf"),
        (Int64.max, "+Inf"),
    ])
    func `A value falls into the first bucket whose bound it does not pass`(_ gap: Int64, _ bound: String) throws {
        let buckets = try scrape(gaps: [gap]).family("relay_piece_gap_seconds")?.samples.filter {
            $0.labels["le"] != nil
        }
        #expect(buckets?.first { $0.value == 1 }?.labels["le"] == bound)
    }

    @Test func `Buckets are cumulative, ascending and end in the count`() throws {
        var state: UInt64 = 88_172_645_463_325_252
        let gaps = (0..<5_000).map { _ -> Int64 in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int64(state >> (state % 40 + 20))
        }
        let text = try scrape(gaps: gaps)
        let buckets = text.family("relay_piece_gap_seconds")?.samples.filter { $0.labels["le"] != nil } ?? []
        let bounds = buckets.compactMap { Double($0.labels["le"] == "+Inf" ? "inf" : $0.labels["le"] ?? "") }
        #expect(bounds.count == buckets.count && bounds == bounds.sorted() && bounds.last == .infinity)
        for (bound, sample) in zip(bounds, buckets) {
            #expect(sample.value == Double(gaps.count { Double($0) <= bound * 1e9 }))
        }
        #expect(buckets.last?.value == 5_000)
        #expect(text.value("relay_piece_gap_seconds_count") == 5_000)
        let sum = Double(gaps.reduce(0, +)) / 1e9
        #expect(abs((text.value("relay_piece_gap_seconds_sum") ?? 0) - sum) <= sum * 1e-12)
    }

    @Test(arguments: [
        (UInt64(0), "0"), (1, "0.000000001"), (2_500_000, "0.0025"), (1_000_000_000, "1"), (1_500_000_000, "1.5"),
        (UInt64.max, "18446744073.709551615"),
    ])
    func `Seconds are written exactly`(_ nanoseconds: UInt64, _ text: String) {
        #expect(DecimalText.seconds(nanoseconds: nanoseconds) == text)
    }

    @Test func `Two writers and a scraper lose nothing and never see a count go back`() async throws {
        let metrics = Metrics(loops: 2)
        let rounds = 20_000
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<2 {
                group.addTask {
                    let loop = metrics.loop(index)
                    for round in 0..<rounds {
                        loop.bytesSent(3)
                        loop.pieceForwarded(gapNanoseconds: Int64(round) * 1_000)
                        if round % 20 == 0 { loop.exchangeFinished(.chat(status: 200 + round % 300), at: .seconds(1)) }
                        if round % 100 == 0 {
                            loop.usageSeen(endpoint: .rerank, model: "m\(round)", kind: .prompt, tokens: 1)
                        }
                    }
                }
            }
            group.addTask {
                var last = (bytes: 0.0, pieces: 0.0, requests: 0.0)
                for _ in 0..<50 {
                    let text = try Exposition(metrics.scrape())
                    let now = (
                        bytes: text.value("relay_bytes_total", ["direction": "to_client"]) ?? -1,
                        pieces: text.value("relay_piece_gap_seconds_count") ?? -1,
                        requests: text.total("relay_requests_total")
                    )
                    #expect(now.bytes >= last.bytes && now.pieces >= last.pieces && now.requests >= last.requests)
                    last = now
                    _ = metrics.recentExchanges.count + metrics.window(endingAt: .seconds(1)).count
                }
            }
            try await group.waitForAll()
        }
        let text = try Exposition(metrics.scrape())
        #expect(text.value("relay_bytes_total", ["direction": "to_client"]) == Double(rounds * 6))
        #expect(text.value("relay_piece_gap_seconds_count") == Double(rounds * 2))
        #expect(text.total("relay_requests_total") == Double(rounds / 10))
        #expect(text.total("relay_usage_tokens_total") == Double(rounds / 50))
        #expect(metrics.window(1, endingAt: .seconds(1)).first?.requests == rounds / 10)
    }
}
