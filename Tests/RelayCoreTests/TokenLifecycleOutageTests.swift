// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import Testing

@Suite("Without a valid token")
struct TokenLifecycleOutageTests {
    @Test("All that wait get the new token, each once")
    func joined() {
        var bench = TokenBench.holdingToken()
        bench.pass(to: TokenBench.origin + .seconds(400))
        let ids = (0..<50).map { _ in bench.want() }
        #expect(bench.fetches.count == 2)
        #expect(bench.answers.isEmpty)
        bench.advance(by: .seconds(3))
        bench.succeed("two")
        #expect(ids.allSatisfy { bench.value($0) == "two" })
        #expect(bench.status.waiters == 0)
    }

    @Test("A cancelled request leaves at once; the fetch goes on")
    func cancelled() {
        var bench = TokenBench()
        let id = bench.want()
        bench.leave(id)
        #expect(bench.error(id)?.reason == .cancelled)
        bench.leave(id)
        #expect(bench.status.waiters == 0)
        bench.succeed("one")
        #expect(bench.valueAtOnce() == "one")
    }

    @Test(
        "A request's own limits end its wait, and the fetch is still adopted",
        arguments: [(nil, 15.0), (4.0, 4.0), (60, 15)])
    func waitLimit(deadline: Double?, end: Double) {
        var bench = TokenBench { $0.timeout = .seconds(40) }
        bench.start()
        let id = bench.want(deadline: deadline.map { TokenBench.origin + .seconds($0) })
        bench.advance(to: end - 0.001)
        #expect(bench.answers[id] == nil)
        bench.advance(to: end)
        #expect(bench.error(id)?.reason == .waited(lastFailure: nil))
        bench.succeed("one")
        #expect(bench.valueAtOnce() == "one")
        #expect(bench.fetches.count == 1)
    }

    @Test("A fetch out of time is a failure; its late answer is adopted and no second one runs beside it")
    func fetchTimeout() {
        var bench = TokenBench()
        bench.start()
        let hanging = bench.fetch
        bench.advance(to: 10)
        #expect(bench.status.lastFailure?.failure == TokenFetchFailure(.timeout))
        #expect(bench.cancelled == [1])
        bench.advance(to: 30)
        #expect(bench.fetches.count == 1)
        #expect(bench.status.failures == 1)
        if let hanging { bench.end(hanging, .success(TokenGrant(value: Secret("late"), lifetime: .seconds(300)))) }
        #expect(bench.valueAtOnce() == "late")
        #expect(bench.status.remaining == .seconds(270))
        #expect(bench.status.failures == 0)
    }

    @Test("After a timeout the next fetch starts one back-off later once the cancelled one has returned")
    func timeoutThenRetry() {
        var bench = TokenBench()
        bench.start()
        let first = bench.fetch
        let id = bench.want()
        bench.advance(to: 10)
        #expect(bench.answers[id] == nil)
        if let first { bench.end(first, .failure(TokenFetchFailure(.transport(.cancelled, detail: "")))) }
        #expect(bench.status.failures == 1)
        bench.advance(to: 11)
        #expect(bench.triggers == [.start, .demand])
        bench.succeed("two")
        #expect(bench.value(id) == "two")
    }

    @Test("A fetch that never returns is written off after a minute, its answer then dropped")
    func writtenOff() {
        var bench = TokenBench()
        bench.start()
        let hanging = bench.fetch
        bench.advance(to: 69.9)
        #expect(bench.fetches.count == 1)
        bench.advance(to: 70)
        #expect(bench.fetches.count == 2)
        bench.succeed("new")
        if let hanging { bench.end(hanging, .success(TokenGrant(value: Secret("old"), lifetime: .seconds(300)))) }
        #expect(bench.valueAtOnce() == "new")
    }

    @Test("Fetches that never return do not pile up")
    func lostFetches() {
        var bench = TokenBench()
        bench.start()
        bench.advance(to: 10_000)
        #expect(bench.fetches.count == 5)
        bench.end(bench.fetches[4], .failure(TokenFetchFailure(.timeout)))
        #expect(bench.fetches.count == 6)
    }

    @Test("Near the next attempt a request waits for it, else it is refused at once with the time to it")
    func negativeCache() {
        var bench = TokenBench()
        bench.start()
        bench.fail()
        let near = bench.want()
        #expect(bench.answers[near] == nil)
        bench.advance(to: 1)
        #expect(bench.fetches.count == 2)
        bench.fail(.refused(status: 503, code: nil), retryAfter: .seconds(40))
        #expect(
            bench.error(near)?.reason
                == .failed(TokenFetchFailure(.refused(status: 503, code: nil), retryAfter: .seconds(40))))
        let far = bench.want()
        #expect(bench.error(far)?.retryAfterSeconds == 40)
        #expect(bench.error(far)?.label == "refused")
        bench.advance(to: 38.5)
        #expect(bench.errorAtOnce()?.retryAfterSeconds == 3)
        bench.advance(to: 39.5)
        let soon = bench.want()
        bench.advance(to: 41)
        bench.succeed("two")
        #expect(bench.value(soon) == "two")
    }

    @Test("A cold start under any load costs the issuer what one client costs", arguments: [1, 100])
    func coldStart(perTenth: Int) {
        var bench = TokenBench()
        bench.start()
        for tenth in 0..<300 {
            bench.advance(to: Double(tenth) / 10)
            for _ in 0..<perTenth { _ = bench.want() }
            if bench.fetch != nil { bench.fail() }
        }
        #expect(bench.fetches.count <= 8)
        #expect(!bench.status.isReady)
        bench.advance(to: 31)
        bench.succeed("healed")
        #expect(bench.status.isReady)
    }

    @Test("Retry-After binds forced renewals too, and is capped", arguments: [(40.0, 40.0), (99_999, 300), (0.2, 1)])
    func retryAfter(asked: Double, obeyed: Double) {
        var bench = TokenBench.holdingToken(lifetime: .seconds(3600))
        _ = bench.reject(1)
        bench.fail(.refused(status: 429, code: nil), retryAfter: .seconds(asked))
        bench.advance(to: obeyed - 0.001)
        _ = bench.reject(1)
        #expect(bench.fetches.count == 2)
        bench.advance(to: obeyed)
        _ = bench.reject(1)
        #expect(bench.triggers == [.start, .forced, .forced])
    }

    @Test("A final refusal waits 5, 10, 20, 40, 60, 60 seconds; a reset starts over at once")
    func deterministic() {
        var bench = TokenBench()
        bench.start()
        var last = 0.0
        for delay in [5.0, 10, 20, 40, 60, 60] {
            bench.fail(.refused(status: 401, code: "invalid_client"))
            bench.advance(to: last + delay - 0.001)
            #expect(bench.fetch == nil)
            bench.advance(to: last + delay)
            #expect(bench.fetch != nil)
            last = bench.seconds
        }
        bench.fail(.refused(status: 401, code: "invalid_client"))
        bench.reset()
        #expect(bench.triggers.last == .reload)
        bench.succeed("healed")
        #expect(bench.valueAtOnce() == "healed")
    }

    @Test("A reset leaves a fresh token alone")
    func resetWhenFresh() {
        var bench = TokenBench.holdingToken()
        bench.reset()
        #expect(bench.fetches.count == 1)
        bench.reset(renewsFresh: true)
        #expect(bench.triggers == [.start, .reload])
    }

    @Test("A reset tries a stale token again whose renewal has failed")
    func resetWhenStale() {
        var bench = TokenBench.holdingToken()
        bench.advance(to: 226)
        bench.fail()
        bench.reset()
        #expect(bench.triggers == [.start, .timer, .reload])
    }

    @Test("The lifetime counts from before the fetch; what ended on the way is refused")
    func arrival() {
        var bench = TokenBench()
        bench.start()
        bench.advance(to: 3)
        bench.succeed("short", lifetime: .seconds(2))
        #expect(bench.status.lastFailure?.failure.cause == .expiredOnArrival)
        #expect(bench.status.phase == .never)
        bench.advance(to: 4)
        bench.advance(to: 7)
        bench.succeed("longer", lifetime: .seconds(5))
        #expect(bench.status.remaining == .seconds(2))
        bench.advance(to: 8.9)
        #expect(bench.valueAtOnce() == "longer")
        bench.advance(to: 9)
        let id = bench.want()
        #expect(bench.answers[id] == nil)
    }

    @Test("A wall clock set forward costs one fetch, set back prolongs nothing")
    func wallClock() {
        var bench = TokenBench.holdingToken()
        bench.now.wallNanoseconds += 3_600_000_000_000
        let id = bench.want()
        #expect(bench.fetches.count == 2)
        bench.succeed("two")
        #expect(bench.value(id) == "two")
        bench.now.wallNanoseconds -= 3_600_000_000_000
        bench.advance(to: 225)
        #expect(bench.fetches.count == 3)
        bench.pass(to: TokenBench.origin + .seconds(300))
        let late = bench.want()
        #expect(bench.answers[late] == nil)
    }

    @Test("After a suspend the next request waits for one fetch; the old token is not sent")
    func suspend() {
        var bench = TokenBench.holdingToken()
        bench.pass(to: TokenBench.origin + .seconds(600))
        let id = bench.want()
        #expect(bench.answers[id] == nil)
        #expect(bench.triggers == [.start, .demand])
        bench.wakeUp()
        bench.succeed("two")
        #expect(bench.value(id) == "two")
    }

    @Test("Stopping answers all that wait and fetches nothing more")
    func stopping() {
        var bench = TokenBench()
        let id = bench.want()
        bench.stop()
        #expect(bench.error(id)?.reason == .stopping)
        #expect(bench.errorAtOnce()?.reason == .stopping)
        #expect(bench.errorAtOnce(rejecting: 1)?.reason == .stopping)
        bench.advance(to: 1000)
        #expect(bench.fetches.count == 1)
        var valid = TokenBench.holdingToken()
        valid.stop()
        #expect(valid.valueAtOnce() == "one")
    }

    @Test("Each warning of the source is told once")
    func warnsOnce() {
        var bench = TokenBench()
        bench.start()
        for _ in 0..<3 {
            guard let fetch = bench.fetch else { break }
            bench.end(
                fetch,
                .success(
                    TokenGrant(
                        value: Secret("w"), lifetime: .seconds(300), warnings: [.defaultLifetime, .zonelessExpiry])))
            bench.advance(by: .seconds(280))
        }
        #expect(bench.warnings == [.defaultLifetime, .zonelessExpiry])
    }
}
