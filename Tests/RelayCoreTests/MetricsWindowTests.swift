// SPDX-License-Identifier: Apache-2.0

import RelayBase
import RelayCore
import Testing

@Suite struct MetricsWindowTests {
    private func record(firstByte: Duration?, isError: Bool = false) -> ExchangeRecord {
        var record = ExchangeRecord.chat(outcome: isError ? .failed(.upstreamReset) : .ok)
        record.firstByte = firstByte
        return record
    }

    @Test func `Each exchange shows in the five seconds it ended in, all loops together`() {
        let metrics = Metrics(loops: 2)
        let (one, two) = (metrics.loop(0), metrics.loop(1))
        one.exchangeFinished(record(firstByte: .milliseconds(10)), at: .seconds(1_000))
        two.exchangeFinished(record(firstByte: nil, isError: true), at: .seconds(1_004))
        two.exchangeFinished(record(firstByte: .milliseconds(20)), at: .seconds(1_005))
        let points = metrics.window(3, endingAt: .seconds(1_012))
        #expect(points.map(\.requests) == [2, 1, 0])
        #expect(points.map(\.errors) == [1, 0, 0])
        #expect(points[2].firstByte(quantile: 0.5) == nil)
    }

    @Test func `A client that goes away is no error`() {
        let metrics = Metrics(loops: 1)
        metrics.loop(0).exchangeFinished(.chat(outcome: .failed(.clientGone)), at: .seconds(0))
        metrics.loop(0).exchangeFinished(.chat(outcome: .upstreamStatus), at: .seconds(0))
        #expect(metrics.window(1, endingAt: .seconds(0)).map(\.errors) == [1])
    }

    @Test func `What is older than fifteen minutes is gone, and its slot is used again`() {
        let metrics = Metrics(loops: 1)
        let loop = metrics.loop(0)
        loop.exchangeFinished(record(firstByte: .seconds(1)), at: .seconds(0))
        #expect(metrics.window(endingAt: .seconds(899)).map(\.requests).reduce(0, +) == 1)
        #expect(metrics.window(endingAt: .seconds(900)).map(\.requests).reduce(0, +) == 0)
        // 182 slots of 5 seconds on: the same slot.
        loop.exchangeFinished(record(firstByte: .milliseconds(1)), at: .seconds(910))
        let point = metrics.window(1, endingAt: .seconds(910)).first
        #expect(point?.requests == 1)
        #expect((point?.firstByte(quantile: 1) ?? 0) < 3_000_000)
    }

    @Test func `The window holds at most 180 points, also soon after boot`() {
        let metrics = Metrics(loops: 1)
        #expect(metrics.window(10_000, endingAt: .seconds(3)).count == 180)
        #expect(metrics.window(-1, endingAt: .seconds(3)).isEmpty)
        #expect(metrics.window(1, endingAt: Instant(nanoseconds: -5)).count == 1)
    }

    @Test(arguments: [
        Duration.zero, .microseconds(300), .milliseconds(1), .milliseconds(7), .milliseconds(180), .seconds(1),
        .seconds(59), .seconds(600),
    ])
    func `A quantile is at most a quarter and a third of a millisecond too high`(_ time: Duration) {
        let metrics = Metrics(loops: 1)
        metrics.loop(0).exchangeFinished(record(firstByte: time), at: .seconds(0))
        for share in [0.0, 0.5, 0.95, 1.0] {
            let shown = metrics.window(1, endingAt: .seconds(0)).first?.firstByte(quantile: share) ?? -1
            #expect(shown >= time.nanoseconds)
            #expect(Double(shown) <= Double(time.nanoseconds) * 1.25 + 333_000)
        }
    }

    @Test func `Median and 95th percentile tell the many from the few`() {
        let metrics = Metrics(loops: 2)
        let loops = [metrics.loop(0), metrics.loop(1)]
        for number in 0..<100 {
            loops[number % 2].exchangeFinished(
                record(firstByte: number < 90 ? .milliseconds(100) : .seconds(5)), at: .seconds(0))
        }
        let point = metrics.window(1, endingAt: .seconds(0))[0]
        #expect((100_000_000...125_000_000).contains(point.firstByte(quantile: 0.5) ?? 0))
        #expect((100_000_000...125_000_000).contains(point.firstByte(quantile: 0.9) ?? 0))
        #expect((5_000_000_000...6_250_000_000).contains(point.firstByte(quantile: 0.95) ?? 0))
    }

    @Test func `Recent exchanges are the newest fifty of all loops, newest first`() {
        let metrics = Metrics(loops: 2)
        let loops = [metrics.loop(0), metrics.loop(1)]
        for number in 0..<300 {
            let outcome: ExchangeOutcome = number % 10 == 0 ? .failed(.upstreamReset) : .ok
            loops[number % 3 == 0 ? 0 : 1].exchangeFinished(
                .chat(outcome: outcome, id: "\(number)", endedAt: Int64(number)), at: .seconds(0))
        }
        #expect(metrics.recentExchanges.map(\.requestID) == (250..<300).reversed().map(String.init))
        #expect(metrics.recentErrors.map(\.requestID) == stride(from: 290, through: 0, by: -10).map { "\($0)" })
    }

    @Test func `Probes and polls are counted but not shown`() throws {
        let metrics = Metrics(loops: 1)
        for endpoint in Endpoint.allCases where endpoint.isLocal {
            var record = ExchangeRecord.chat(outcome: .failed(.clientKeyRejected))
            record.endpoint = endpoint
            metrics.loop(0).exchangeFinished(record, at: .seconds(0))
        }
        #expect(metrics.recentExchanges.isEmpty && metrics.recentErrors.isEmpty)
        #expect(metrics.window(1, endingAt: .seconds(0)).map(\.requests) == [0])
        #expect(try Exposition(metrics.scrape()).total("relay_requests_total") == 5)
    }

    @Test func `A long path is not kept whole`() {
        let metrics = Metrics(loops: 1)
        var record = ExchangeRecord.chat()
        record.path = "/" + String(repeating: "x", count: 16_000)
        metrics.loop(0).exchangeFinished(record, at: .seconds(0))
        #expect((metrics.recentExchanges.first?.path.utf8.count ?? 0) < 300)
    }
}
