// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import Testing

@Suite struct ClientLimitTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    /// How many requests pass at one instant.
    private func burst(_ limits: inout ClientLimits, _ client: String, at now: Instant) -> Int {
        var passed = 0
        while passed < 10_000, limits.take(client, at: now) == nil { passed += 1 }
        return passed
    }

    @Test(
        "the burst is a tenth of a minute's share, at least one",
        arguments: [(1, 1), (9, 1), (10, 1), (19, 1), (20, 2), (60, 6), (600, 60), (6_000, 600), (0, 1), (-5, 1)])
    func burst(rate: Int, size: Int) {
        var limits = ClientLimits(["a": rate])
        #expect(burst(&limits, "a", at: start) == size)
        #expect(burst(&limits, "a", at: start + .seconds(3_600)) == size)
    }

    @Test(
        "the wait is exact: one nanosecond earlier is refused, then one passes",
        arguments: [(1, 60_000_000_000), (7, 8_571_428_572), (60, 1_000_000_000), (90, 666_666_667)] as [(Int, Int64)])
    func wait(rate: Int, nanoseconds: Int64) {
        var limits = ClientLimits(["a": rate])
        _ = burst(&limits, "a", at: start)
        #expect(limits.take("a", at: start) == .nanoseconds(nanoseconds))
        #expect(limits.take("a", at: start + .nanoseconds(nanoseconds - 1)) == .nanoseconds(1))
        #expect(limits.take("a", at: start + .nanoseconds(nanoseconds)) == nil)
        #expect(limits.take("a", at: start + .nanoseconds(nanoseconds)) != nil)
    }

    @Test("over an hour the rate holds to the request", arguments: [1, 7, 60, 97, 1_000])
    func rate(perMinute: Int) {
        var limits = ClientLimits(["a": perMinute])
        _ = burst(&limits, "a", at: start)
        var passed = 0
        // Odd steps, so that every fraction of a request must be carried over.
        for step in 1...Int64(3_600_000 / 37) where limits.take("a", at: start + .milliseconds(step * 37)) == nil {
            passed += 1
        }
        let exact = perMinute * 60
        #expect((exact - 1...exact).contains(passed))
    }

    @Test func `a refused request costs nothing`() {
        var limits = ClientLimits(["a": 60])
        _ = burst(&limits, "a", at: start)
        for _ in 0..<1_000 { #expect(limits.take("a", at: start + .milliseconds(500)) == .milliseconds(500)) }
        #expect(limits.take("a", at: start + .seconds(1)) == nil)
    }

    @Test func `clients have buckets of their own, and others have none`() {
        var limits = ClientLimits(["a": 1, "b": 20])
        #expect(burst(&limits, "a", at: start) == 1)
        #expect(burst(&limits, "b", at: start) == 2)
        #expect(burst(&limits, "c", at: start) == 10_000)
        #expect(!limits.isEmpty)
        #expect(ClientLimits([:]).isEmpty)
    }

    @Test func `a clock read out of order gives nothing away`() {
        var limits = ClientLimits(["a": 60])
        _ = burst(&limits, "a", at: start)
        #expect(limits.take("a", at: start - .seconds(30)) == .seconds(1))
        #expect(limits.take("a", at: start) == .seconds(1))
        #expect(limits.take("a", at: start + .seconds(1)) == nil)
    }

    @Test func `extremes neither trap nor overflow`() {
        var limits = ClientLimits(["a": .max, "b": 1])
        #expect(limits.take("a", at: Instant(nanoseconds: .min)) == nil)
        #expect(limits.take("a", at: Instant(nanoseconds: .max)) == nil)
        #expect(limits.take("b", at: Instant(nanoseconds: 0)) == nil)
        #expect(limits.take("b", at: Instant(nanoseconds: .max)) == nil)
    }
}
