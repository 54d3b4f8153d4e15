// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import Testing

@Suite("When a token is renewed")
struct TokenScheduleTests {
    private func schedule(
        _ lifetime: Double, refreshIn: Double? = nil, draw: Double = 0,
        _ change: (inout TokenRenewal) -> Void = { _ in }
    ) -> TokenSchedule {
        var renewal = TokenRenewal()
        change(&renewal)
        return TokenSchedule(
            lifetime: .seconds(lifetime), refreshIn: refreshIn.map { .seconds($0) }, renewal: renewal, draw: draw)
    }

    @Test(
        "Renewal and blocking instants follow the lifetime",
        arguments: [
            (300.0, 225.0, 195.0, 290.0), (60, 45, 39, 54), (10, 5, 4, 9), (2, 1, 0.8, 1.8), (3600, 3300, 2940, 3590),
            (20, 10, 8, 18), (40, 30, 26, 36), (86_400, 86_100, 77_460, 86_390),
        ])
    func table(lifetime: Double, latest: Double, soonest: Double, block: Double) {
        let none = schedule(lifetime, draw: 0)
        let full = schedule(lifetime, draw: 1)
        #expect(abs(none.renewAfter.seconds - latest) < 1e-6)
        #expect(abs(full.renewAfter.seconds - soonest) < 1e-6)
        #expect(abs(none.blockAfter.seconds - block) < 1e-6)
        #expect(none.blockAfter == full.blockAfter)
    }

    @Test("Every draw stays between the extremes, and draws differ")
    func jitter() {
        var random = SplitMix(seed: 7)
        var seen: Set<Duration> = []
        for _ in 0..<10_000 {
            let renew = schedule(300, draw: random.unit()).renewAfter
            #expect(renew > .seconds(195) && renew <= .seconds(225))
            seen.insert(renew)
        }
        #expect(seen.count > 9_000)
    }

    @Test("A lead or skew longer than half the token is cut to that")
    func clamps() {
        #expect(schedule(300) { $0.lead = .seconds(600) }.renewAfter == .seconds(150))
        #expect(schedule(300) { $0.skew = .seconds(600) }.blockAfter == .seconds(150))
        #expect(schedule(300) { $0.lead = .seconds(-5) }.renewAfter == .seconds(290))
        #expect(schedule(300) { $0.lead = .zero }.renewAfter == .seconds(290))
    }

    @Test(
        "The issuer's hint replaces the lead only inside the lifetime",
        arguments: [(120.0, 120.0), (0, 225), (-1, 225), (300, 225), (999, 225), (299, 290), (0.001, 5)])
    func hint(refreshIn: Double, renewAfter: Double) {
        #expect(schedule(300, refreshIn: refreshIn).renewAfter == .seconds(renewAfter))
    }

    @Test("The instants keep their order for any lifetime, lead, skew, jitter and hint")
    func order() {
        var random = SplitMix(seed: 11)
        for _ in 0..<20_000 {
            let lifetime = Duration.nanoseconds(Int64(1 + random.unit() * random.unit() * random.unit() * 1e14))
            var renewal = TokenRenewal()
            renewal.jitter = random.unit() * 0.6
            if random.unit() < 0.5 { renewal.lead = lifetime * (random.unit() * 3 - 1) }
            if random.unit() < 0.5 { renewal.skew = lifetime * (random.unit() * 3 - 1) }
            let hint = random.unit() < 0.5 ? lifetime * (random.unit() * 3 - 1) : nil
            let made = TokenSchedule(lifetime: lifetime, refreshIn: hint, renewal: renewal, draw: random.unit())
            #expect(made.renewAfter >= .zero && made.renewAfter <= made.blockAfter)
            #expect(made.blockAfter <= made.lastCallAfter && made.lastCallAfter <= made.lifetime)
            #expect(made.renewAfter >= min(.seconds(5), lifetime / 4) - .nanoseconds(1))
            for age in [made.renewAfter, made.blockAfter, made.lastCallAfter, made.lifetime] {
                #expect(Duration.nanoseconds(age.nanoseconds) == age)
            }
        }
    }
}

/// A small random generator that gives the same numbers for the same seed.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// In 0..<1.
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
