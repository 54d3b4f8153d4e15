// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import Testing

@Suite("Renewing the token while it is valid")
struct TokenLifecycleRenewalTests {
    @Test("A stale token is used at once and renewed once")
    func staleIsUsed() {
        var bench = TokenBench.holdingToken()
        bench.advance(to: 224.9)
        #expect(bench.valueAtOnce() == "one")
        #expect(bench.fetches.count == 1)
        // The timer is lost; the request notices.
        bench.pass(to: TokenBench.origin + .milliseconds(225_100))
        #expect(bench.status.phase == .stale)
        for _ in 0..<1000 { #expect(bench.valueAtOnce() == "one") }
        #expect(bench.triggers == [.start, .demand])
        bench.succeed("two")
        #expect(bench.valueAtOnce() == "two")
    }

    @Test("Without a request the timer renews, and a request's check starts no second fetch")
    func timerRenews() {
        var bench = TokenBench.holdingToken()
        bench.advance(to: 225)
        #expect(bench.triggers == [.start, .timer])
        #expect(bench.seconds == 225)
        #expect(bench.valueAtOnce() == "one")
        bench.succeed("two")
        #expect(bench.status.generation == 2)
        #expect(bench.status.lifetime == .seconds(300))
        #expect(bench.status.renewIn == .seconds(225))
    }

    @Test("A hundred requests in the first hundred seconds cost one fetch even with a lead above the lifetime")
    func leadAboveLifetime() {
        var bench = TokenBench.holdingToken { $0.lead = .seconds(600) }
        for second in 1...100 {
            bench.advance(to: Double(second))
            #expect(bench.valueAtOnce() == "one")
        }
        #expect(bench.fetches.count == 1)
    }

    @Test("A failed renewal stays invisible, and the next tries come after 1, 2, 4, 8, 16, 30, 30 seconds")
    func failureWhileStale() {
        var bench = TokenBench.holdingToken(lifetime: .seconds(600))
        bench.advance(to: 450)
        var last = bench.seconds
        for delay in [1.0, 2, 4, 8, 16, 30, 30] {
            bench.fail()
            #expect(bench.valueAtOnce() == "one")
            let count = bench.fetches.count
            bench.advance(to: last + delay - 0.001)
            #expect(bench.fetches.count == count)
            bench.advance(to: last + delay)
            #expect(bench.fetches.count == count + 1)
            #expect(bench.triggers.last == .timer)
            last = bench.seconds
        }
        bench.succeed("two")
        #expect(bench.status.failures == 0)
        #expect(bench.status.lastFailure != nil)
    }

    @Test("While renewals keep failing the old token is used to its end and not a moment longer")
    func failureToTheEnd() {
        var bench = TokenBench.holdingToken()
        bench.advance(to: 290.5)
        // In flight since 225; its deadline of 10 s counts it as failed again and again.
        var waiting: [UInt64] = []
        while bench.seconds < 299.9 {
            if let fetch = bench.fetch { bench.end(fetch, .failure(TokenFetchFailure(.timeout))) }
            let id = bench.want()
            if bench.answers[id] == nil { waiting.append(id) } else { #expect(bench.value(id) == "one") }
            bench.advance(by: .milliseconds(100))
        }
        if bench.fetch != nil { bench.fail() }
        for id in waiting { #expect(bench.value(id) == "one") }
        bench.advance(to: 300)
        let late = bench.want()
        if bench.fetch != nil { bench.fail() }
        #expect(bench.value(late) == nil)
    }

    @Test("Just before the end a waiting request takes the old token rather than wait on")
    func lastCall() {
        var bench = TokenBench.holdingToken { $0.timeout = .seconds(100) }
        bench.advance(to: 295)
        #expect(bench.triggers == [.start, .timer])
        let id = bench.want()
        #expect(bench.answers[id] == nil)
        bench.advance(to: 298.9)
        #expect(bench.answers[id] == nil)
        bench.advance(to: 299)
        #expect(bench.value(id) == "one")
        #expect(bench.valueAtOnce() == "one")
        bench.advance(to: 300)
        let late = bench.want()
        #expect(bench.answers[late] == nil)
        bench.succeed("two", lifetime: .seconds(300))
        #expect(bench.value(late) == "two")
    }

    @Test("In the last phase a request joins the renewal and gets the new token")
    func joinsInLastPhase() {
        var bench = TokenBench.holdingToken { $0.timeout = .seconds(100) }
        bench.advance(to: 292)
        let id = bench.want()
        #expect(bench.answers[id] == nil)
        bench.succeed("two")
        #expect(bench.value(id) == "two")
    }

    @Test("The newest answer wins even if it ends sooner")
    func adoptsNewest() {
        var bench = TokenBench.holdingToken(lifetime: .seconds(3600))
        let id = bench.reject(1)
        bench.succeed("two", lifetime: .seconds(60))
        #expect(bench.value(id) == "two")
        #expect(bench.valueAtOnce() == "two")
        #expect(bench.status.remaining == .seconds(60))
    }

    @Test("The same token again is held for a third of what remains, and requests just use it")
    func sameToken() {
        var bench = TokenBench.holdingToken()
        bench.advance(to: 225)
        bench.succeed("one", lifetime: .seconds(75))
        #expect(bench.status.generation == 2)
        bench.advance(to: 249.9)
        #expect(bench.status.phase == .fresh)
        bench.advance(to: 282)
        #expect(bench.status.phase == .stale)
        #expect(bench.triggers == [.start, .timer, .timer])
    }

    @Test("A held token is used through its last phase, and the hold ends with it")
    func holdEndsWithToken() {
        var bench = TokenBench.holdingToken(lifetime: .seconds(12))
        bench.advance(to: 6)
        #expect(bench.triggers == [.start, .timer])
        bench.succeed("one", lifetime: .seconds(6))
        // Ends at 12, stale at 9; held until 11.
        bench.advance(to: 10.9)
        #expect(bench.status.phase == .stale)
        #expect(bench.valueAtOnce() == "one")
        #expect(bench.fetches.count == 2)
        bench.advance(to: 11)
        #expect(bench.fetches.count == 3)
        bench.succeed("one", lifetime: .seconds(1))
        #expect(bench.valueAtOnce() == "one")
        bench.advance(to: 11.95)
        #expect(bench.status.phase == .last)
        #expect(bench.valueAtOnce() == "one")
        #expect(bench.fetches.count == 3)
        bench.advance(to: 12)
        #expect(bench.fetches.count == 4)
    }

    @Test("A token already due when it arrives is held, not renewed in a loop")
    func staleAtBirth() {
        var bench = TokenBench()
        bench.start()
        bench.advance(to: 8)
        bench.succeed("slow", lifetime: .seconds(15))
        #expect(bench.status.phase == .stale)
        for _ in 0..<50 { #expect(bench.valueAtOnce() == "slow") }
        #expect(bench.fetches.count == 1)
        bench.advance(to: 12.9)
        #expect(bench.fetches.count == 1)
        bench.advance(to: 13)
        #expect(bench.fetches.count == 2)
    }

    @Test("A token without an end is never renewed")
    func endless() {
        var bench = TokenBench.holdingToken(lifetime: nil)
        bench.advance(to: 1_000_000)
        #expect(bench.valueAtOnce() == "one")
        #expect(bench.fetches.count == 1)
        #expect(bench.status.renewIn == nil)
        #expect(bench.status.remaining == nil)
    }

    @Test("Idle, it is not renewed and stays ready; the next request fetches")
    func idleStop() {
        var bench = TokenBench.holdingToken { $0.idleStop = .seconds(900) }
        for round in 1...5 {
            bench.advance(to: Double(round) * 225)
            if bench.fetch != nil { bench.succeed("t\(round)") }
        }
        #expect(bench.fetches.count == 5)
        bench.advance(to: 5000)
        #expect(bench.fetches.count == 5)
        #expect(bench.status.phase == .expired)
        #expect(bench.status.isReady && bench.status.isIdle)
        let id = bench.want()
        #expect(bench.triggers.last == .demand)
        bench.succeed("awake")
        #expect(bench.value(id) == "awake")
    }

    @Test("A use noted at the door keeps the renewals going")
    func idleStopSeesDoor() {
        var bench = TokenBench.holdingToken { $0.idleStop = .seconds(100) }
        bench.lifecycle.noteUse(at: TokenBench.origin + .seconds(200))
        bench.advance(to: 225)
        #expect(bench.triggers == [.start, .timer])
    }
}
