// SPDX-License-Identifier: Apache-2.0

import RelayBase
import RelayCore
import Testing

/// Secrets put in wherever a type lets them in, then searched for in everything that is rendered.
@Suite struct LogCanaryTests {
    private let canary = Secret("CANARY-5f3a")

    private func isClean(_ bytes: [UInt8]) -> Bool { !String(decoding: bytes, as: UTF8.self).contains("CANARY") }

    @Test func `A secret given as a value prints as redacted`() {
        let record = LogRecord(
            .info, "token", ["token": .string("\(canary)"), "again": .string(String(reflecting: canary))])
        for format in [LogConfiguration.Format.json, .text] {
            let line = record.render(format, unixNanoseconds: 0)
            #expect(isClean(line))
            #expect(String(decoding: line, as: UTF8.self).contains("<redacted>"))
        }
    }

    @Test func `An issuer's odd error code reaches neither page nor metrics`() throws {
        let tokens = TokenMetrics()
        let failures: [TokenFetchFailure.Cause] = [
            .refused(status: 400, code: "no CANARY-5f3a here"), .unsuccessful(code: "CANARY-5f3a!"),
        ]
        for cause in failures {
            tokens.renewalEnded(.timer, duration: .zero, unixTime: 0, failure: TokenFetchFailure(cause))
            let metrics = Metrics(loops: 1)
            let token = TokenMetricsSnapshot(renewals: tokens.renewals)
            var snapshot = StatusSnapshot(
                metrics: metrics, now: 0, at: .seconds(0), uptimeSeconds: 0, tokenSource: "oauth2")
            snapshot.token = token
            #expect(isClean(StatusReport(snapshot).json()))
            #expect(isClean(metrics.scrape(token: token)))
        }
    }

    @Test func `The query is no part of a record, so nothing prints it`() {
        // The driver gives the path alone; this pins that no other member could carry it.
        let names = Mirror(reflecting: ExchangeRecord.chat()).children.compactMap(\.label)
        #expect(!names.contains { $0.lowercased().contains("query") || $0.lowercased().contains("header") })
    }
}
