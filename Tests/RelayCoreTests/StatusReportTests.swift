// SPDX-License-Identifier: Apache-2.0

import RelayBase
import RelayCore
import Testing

@Suite struct StatusReportTests {
    /// 2025-11-26T13:43:50.000Z.
    private let now: Int64 = 1_764_164_630_000

    private func snapshot(_ metrics: Metrics, at instant: Instant = .seconds(2_002)) -> StatusSnapshot {
        StatusSnapshot(
            metrics: metrics, now: now * 1_000_000, at: instant, uptimeSeconds: 61.23456, tokenSource: "oauth2")
    }

    private func report(_ snapshot: StatusSnapshot, since: Int64? = nil) throws -> JSONValue {
        try JSONValue(parsing: StatusReport(snapshot).json(since: since))
    }

    private func elements(_ value: JSONValue?) -> [JSONValue] {
        if case .array(let elements)? = value { elements } else { [] }
    }

    @Test func `The whole report of an idle relay`() throws {
        let report = try report(snapshot(Metrics(loops: 2)))
        #expect(report["version"]?.stringValue == Version.number)
        #expect(report["now"]?.stringValue == "2025-11-26T13:43:50.000Z")
        #expect(report["cursor"] == .number("1764164630000"))
        #expect(report["full"] == .bool(true))
        #expect(report["uptime_seconds"] == .number("61.235"))
        #expect(report["ready"] == .bool(true))
        #expect(report.value(at: "/token/source")?.stringValue == "oauth2")
        #expect(report.value(at: "/token/state") == nil)
        #expect(elements(report.value(at: "/load/loops")).count == 2)
        #expect(elements(report.value(at: "/series/points")).count == 180)
        #expect(report.value(at: "/series/points/179") == .array([.number("0"), .number("0"), .null, .null]))
        #expect(report["exchanges"] == .array([]))
        #expect(report["errors"] == .array([]))
    }

    @Test func `Token, last failure and its advice`() throws {
        let tokens = TokenMetrics()
        tokens.renewalEnded(.timer, duration: .zero, unixTime: 1_000_000_000)
        tokens.renewalEnded(
            .timer, duration: .zero, unixTime: 2_000_000_000,
            failure: TokenFetchFailure(.refused(status: 401, code: "invalid_client")))
        var snapshot = snapshot(Metrics(loops: 1))
        snapshot.notReadyReason = "no token"
        snapshot.isDraining = true
        snapshot.token = TokenMetricsSnapshot(
            secondsToExpiry: 12.3456, ageSeconds: 287.65, nextRenewalSeconds: nil, lifetimeSeconds: 300, generation: 4,
            state: "stale", waiters: 2, renewals: tokens.renewals)
        let report = try report(snapshot)
        #expect(report["ready"] == .bool(false))
        #expect(report["reason"]?.stringValue == "no token")
        #expect(report["draining"] == .bool(true))
        #expect(report.value(at: "/token/state")?.stringValue == "stale")
        #expect(report.value(at: "/token/expires_in_seconds") == .number("12.346"))
        #expect(report.value(at: "/token/renews_in_seconds") == .null)
        #expect(report.value(at: "/token/renewed") == .number("1"))
        #expect(report.value(at: "/token/failed_in_a_row") == .number("1"))
        #expect(report.value(at: "/token/last_success")?.stringValue == "1970-01-01T00:00:01.000Z")
        #expect(
            report.value(at: "/token/last_failure/message")?.stringValue == "issuer answered 401 \"invalid_client\"")
        #expect(report.value(at: "/token/last_failure/cause/en")?.stringValue?.contains("credentials") == true)
        #expect(report.value(at: "/token/last_failure/cure/zh")?.stringValue?.hasSuffix("。") == true)
    }

    @Test func `Exchanges and errors come with cause and cure where something went wrong`() throws {
        let metrics = Metrics(loops: 1)
        let loop = metrics.loop(0)
        loop.exchangeFinished(.chat(id: "good", endedAt: now * 1_000_000 - 2), at: .seconds(2_000))
        loop.exchangeFinished(
            .chat(status: 504, outcome: .failed(.upstreamTimeout(.idle)), id: "bad", endedAt: now * 1_000_000 - 1),
            at: .seconds(2_001))
        let report = try report(snapshot(metrics))
        #expect(elements(report["exchanges"]).map { $0["request_id"]?.stringValue } == ["bad", "good"])
        #expect(report.value(at: "/exchanges/1/cause") == nil)
        #expect(report.value(at: "/exchanges/1/total_ms") == .number("1500.0"))
        #expect(elements(report["errors"]).count == 1)
        #expect(report.value(at: "/errors/0/detail")?.stringValue == "idle")
        #expect(report.value(at: "/errors/0/cure/en")?.stringValue?.contains("RELAY_IDLE_TIMEOUT") == true)
        #expect(report.value(at: "/series/points/179/0") == .number("2"))
        #expect(report.value(at: "/series/points/179/1") == .number("1"))
    }

    @Test func `A later poll gets the points that changed and the exchanges that are new`() throws {
        let metrics = Metrics(loops: 1)
        let loop = metrics.loop(0)
        for (id, age) in [("old", Int64(60_000)), ("overlap", 2_500), ("new", 300)] {
            loop.exchangeFinished(.chat(id: id, endedAt: (now - age) * 1_000_000), at: .seconds(2_000))
        }
        let report = try report(snapshot(metrics), since: now - 1_000)
        #expect(report["full"] == .bool(false))
        #expect(elements(report["exchanges"]).map { $0["request_id"]?.stringValue } == ["new", "overlap"])
        let points = elements(report.value(at: "/series/points"))
        #expect((1...3).contains(points.count))
        #expect(points.last.flatMap { elements($0).first } == .number("3"))
    }

    /// Point n of a poll must begin where the page thinks: counted back from `last_slot`.
    @Test func `Polls second by second leave no point out`() throws {
        let metrics = Metrics(loops: 1)
        let loop = metrics.loop(0)
        var page: [Int64: Int] = [:]
        var cursor: Int64?
        for second in 0..<Int64(120) {
            let instant = Instant.seconds(5_001 + second)
            loop.exchangeFinished(.chat(), at: instant)
            // A page whose tab sleeps misses polls.
            if (40..<80).contains(second) { continue }
            let snapshot = StatusSnapshot(
                metrics: metrics, now: (now + second * 1_000) * 1_000_000, at: instant, uptimeSeconds: 0,
                tokenSource: "none")
            let report = try report(snapshot, since: cursor)
            guard case .number(let start)? = report.value(at: "/series/last_slot"), let start = Int64(start),
                case .number(let next)? = report["cursor"]
            else {
                Issue.record("no numbers")
                return
            }
            cursor = Int64(next)
            for (index, point) in elements(report.value(at: "/series/points")).reversed().enumerated() {
                guard case .number(let count)? = elements(point).first else { continue }
                page[start - Int64(index)] = Int(count)
            }
        }
        #expect(page.values.reduce(0, +) == 120)
    }

    @Test(arguments: [Int64.min, -1, 1_764_164_630_001, Int64.max])
    func `A nonsensical cursor brings everything`(_ since: Int64) throws {
        let report = try report(snapshot(Metrics(loops: 1)), since: since)
        #expect(report["full"] == .bool(true))
        #expect(elements(report.value(at: "/series/points")).count == 180)
    }

    @Test func `A very old cursor is no more than everything`() throws {
        let report = try report(snapshot(Metrics(loops: 1)), since: 0)
        #expect(elements(report.value(at: "/series/points")).count == 180)
    }
}
