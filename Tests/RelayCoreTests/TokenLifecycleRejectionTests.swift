// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import Testing

@Suite("When the upstream refuses the token")
struct TokenLifecycleRejectionTests {
    @Test("A refusal of an older generation is answered with the current token, without a fetch")
    func olderGeneration() {
        var bench = TokenBench.holdingToken()
        bench.advance(to: 225)
        bench.succeed("two")
        let id = bench.reject(1)
        #expect(bench.value(id) == "two")
        #expect(bench.fetches.count == 2)
    }

    @Test("A hundred refusals force one fetch, and every one of them is answered with its token")
    func oneForcedFetch() {
        var bench = TokenBench.holdingToken()
        let ids = (0..<100).map { _ in bench.reject(1) }
        #expect(bench.triggers == [.start, .forced])
        #expect(bench.fetch?.context.rejected?.reveal == "one")
        let bystander = bench.want()
        #expect(bench.answers[bystander] == nil, "a new request joins rather than be refused as well")
        bench.succeed("two")
        #expect((ids + [bystander]).allSatisfy { bench.value($0) == "two" })
    }

    @Test("A refusal during a scheduled renewal joins it")
    func joinsScheduled() {
        var bench = TokenBench.holdingToken()
        bench.advance(to: 225)
        let id = bench.reject(1)
        #expect(bench.triggers == [.start, .timer])
        #expect(bench.answers[id] == nil)
        bench.succeed("two")
        #expect(bench.value(id) == "two")
    }

    @Test("Forced renewals keep 5 s apart, and 10, 20, 40, 60, 60 s while they do not cure")
    func coolDown() {
        var bench = TokenBench.holdingToken(lifetime: nil)
        _ = bench.reject(1)
        bench.succeed("t2", lifetime: nil)
        bench.replayEnded(2, cured: true)
        bench.advance(to: 3)
        let denied = bench.reject(2)
        #expect(bench.error(denied)?.reason == .coolingDown)
        #expect(bench.error(denied)?.retryAfterSeconds == 2)
        #expect(bench.valueAtOnce() == "t2")
        var last = 5.0
        bench.advance(to: last)
        var generation: UInt64 = 2
        for pause in [10.0, 20, 40, 60, 60] {
            let id = bench.reject(generation)
            generation += 1
            bench.succeed("t\(generation)", lifetime: nil)
            #expect(bench.value(id) == "t\(generation)")
            // Two replays of one forced renewal are one verdict.
            bench.replayEnded(generation, cured: false)
            bench.replayEnded(generation, cured: false)
            bench.advance(to: last + pause - 0.001)
            #expect(bench.errorAtOnce(rejecting: generation)?.reason == .coolingDown)
            bench.advance(to: last + pause)
            last = bench.seconds
        }
        #expect(bench.status.counters.denials == 6)
        _ = bench.reject(generation)
        bench.succeed("cure", lifetime: nil)
        bench.replayEnded(generation + 1, cured: true)
        bench.advance(by: .seconds(5))
        _ = bench.reject(generation + 1)
        #expect(bench.triggers.last == .forced && bench.fetch != nil)
    }

    @Test("One cured replay outweighs refused ones of the same renewal")
    func cureOutweighs() {
        var bench = TokenBench.holdingToken()
        _ = bench.reject(1)
        bench.succeed("two")
        bench.replayEnded(2, cured: false)
        bench.replayEnded(2, cured: true)
        bench.replayEnded(2, cured: false)
        bench.advance(to: 5)
        _ = bench.reject(2)
        #expect(bench.triggers == [.start, .forced, .forced])
    }

    @Test("A refused request outwaits one failed renewal, not two, and the others none")
    func failedForcedFetch() {
        var bench = TokenBench.holdingToken()
        let refused = bench.reject(1)
        let bystander = bench.want()
        bench.fail()
        #expect(bench.value(bystander) == "one")
        #expect(bench.valueAtOnce() == "one", "an issuer that is down must not hold up valid requests")
        bench.advance(to: 0.5)
        let late = bench.reject(1)
        bench.advance(to: 1)
        #expect(bench.triggers == [.start, .forced, .forced])
        #expect(bench.waiting == [refused, late])
        #expect(bench.valueAtOnce() == "one")
        bench.fail()
        #expect(bench.error(refused)?.label == "transport_refused")
        #expect(bench.error(late)?.label == "transport_refused")
        bench.advance(to: 300)
        #expect(bench.triggers.filter { $0 == .forced }.count == 2)
    }

    @Test("A renewal that succeeds the second time saves the refused request, and cools down like the first")
    func curedAfterFailure() {
        var bench = TokenBench.holdingToken()
        let refused = bench.reject(1)
        bench.fail()
        bench.advance(to: 1)
        bench.succeed("two")
        #expect(bench.value(refused) == "two")
        bench.replayEnded(2, cured: false)
        #expect(bench.errorAtOnce(rejecting: 2)?.reason == .coolingDown)
    }

    @Test("When the next attempt is far off, or only reads this machine, a refused request fails at once")
    func failsAtOnce() {
        var far = TokenBench.holdingToken()
        let refused = far.reject(1)
        far.fail(.refused(status: 401, code: "invalid_client"))
        #expect(far.error(refused)?.label == "refused")
        #expect(far.errorAtOnce(rejecting: 1)?.label == "refused")
        var local = TokenBench.holdingToken(lifetime: nil, traits: TokenSourceTraits(isLocal: true))
        let same = local.reject(1)
        local.fail(.file(.unchanged))
        #expect(local.error(same)?.label == "file")
        #expect(local.errorAtOnce(rejecting: 1)?.label == "file")
    }

    @Test("One path that always answers 401 neither hammers the issuer nor holds up the others")
    func alwaysRefusedPath() {
        var bench = TokenBench.holdingToken(lifetime: .seconds(3600))
        var refusals = 0
        while bench.seconds < 3600 {
            let generation = bench.status.generation
            let id = bench.reject(generation)
            refusals += 1
            if bench.fetch != nil {
                if bench.status.counters.replaysUncured > 0 { #expect(bench.valueAtOnce() != nil) }
                bench.succeed("t\(generation + 1)", lifetime: .seconds(3600))
                #expect(bench.value(id) != nil)
                bench.replayEnded(generation + 1, cured: false)
            }
            #expect(bench.valueAtOnce() != nil)
            bench.advance(by: .milliseconds(500))
        }
        #expect(refusals == 7200)
        #expect(bench.fetches.count < 70)
        #expect(bench.warnings.isEmpty, "nobody rivals for the token")
    }

    @Test("Refusals of a value that the issuer hands out again refuse the current token")
    func sameValueAgain() {
        var bench = TokenBench.holdingToken()
        _ = bench.reject(1)
        bench.succeed("one")
        #expect(bench.status.generation == 2)
        let late = bench.reject(1)
        #expect(bench.error(late)?.reason == .coolingDown, "its replay could only be refused again")
        bench.advance(to: 5)
        let next = bench.reject(2)
        bench.succeed("two")
        #expect(bench.value(next) == "two")
    }

    @Test("A refused token that has also ended is renewed in spite of the cool-down")
    func endedAndRefused() {
        var bench = TokenBench.holdingToken()
        _ = bench.reject(1)
        bench.succeed("two", lifetime: .seconds(3))
        bench.pass(to: TokenBench.origin + .seconds(4))
        let id = bench.reject(2)
        #expect(bench.triggers == [.start, .forced, .demand])
        bench.succeed("three")
        #expect(bench.value(id) == "three")
    }

    @Test("A fixed token's refusal is not answered with another")
    func fixedToken() {
        var bench = TokenBench.holdingToken(lifetime: nil, traits: TokenSourceTraits(isRenewable: false))
        #expect(bench.errorAtOnce(rejecting: 1)?.reason == .notRenewable)
        bench.reset()
        #expect(bench.fetches.count == 1)
    }

    @Test("A file is read again at most once a second, and a change lifts the back-off")
    func localSource() {
        var bench = TokenBench.holdingToken(lifetime: nil, traits: TokenSourceTraits(isLocal: true))
        for second in 0..<20 {
            let refused = bench.reject(1)
            bench.fail(.file(.unchanged))
            #expect(bench.error(refused)?.label == "file")
            bench.advance(to: Double(second) + 0.999)
            #expect(bench.errorAtOnce(rejecting: 1) != nil)
            bench.advance(to: Double(second) + 1)
        }
        #expect(bench.fetches.count == 21)
        _ = bench.reject(1)
        bench.fail(.file(.unchanged))
        bench.sourceChanged()
        #expect(bench.triggers.last == .changed)
        bench.succeed("written", lifetime: nil)
        #expect(bench.valueAtOnce() == "written")
    }

    @Test("Two young tokens refused within ten minutes and cured are told once", arguments: [(300.0, 1), (700, 0)])
    func rivalry(pause: Double, expected: Int) {
        var bench = TokenBench.holdingToken(lifetime: .seconds(3600))
        for round in 0..<4 {
            bench.advance(to: Double(round) * pause + 10)
            let generation = bench.status.generation
            _ = bench.reject(generation)
            _ = bench.reject(generation)
            bench.succeed("t\(round)", lifetime: .seconds(3600))
            bench.replayEnded(generation + 1, cured: true)
            bench.replayEnded(generation + 1, cured: true)
        }
        #expect(bench.warnings == Array(repeating: .rivalry, count: expected))
        #expect(bench.status.counters.rivalrySigns == 4)
        #expect(bench.status.counters.rejections == 8)
        #expect(bench.status.counters.replaysCured == 8)
    }

    @Test("A path that always refuses does not turn later cures of old tokens into rivalry")
    func refusedPathIsNoRivalry() {
        var bench = TokenBench.holdingToken(lifetime: .seconds(100))
        for round in 0..<4 {
            for isForbiddenPath in [true, false] {
                let generation = bench.status.generation
                if !isForbiddenPath { bench.advance(by: .seconds(62)) }
                _ = bench.reject(generation)
                bench.succeed("t\(round)\(isForbiddenPath)", lifetime: .seconds(100))
                bench.replayEnded(generation + 1, cured: !isForbiddenPath)
            }
            bench.advance(by: .seconds(10))
        }
        #expect(bench.warnings.isEmpty)
        #expect(bench.status.counters.replaysCured == 4)
    }

    @Test("Old tokens refused are no rivalry")
    func noRivalry() {
        var bench = TokenBench.holdingToken(lifetime: .seconds(100))
        for round in 0..<4 {
            bench.advance(by: .seconds(60))
            let generation = bench.status.generation
            _ = bench.reject(generation)
            bench.succeed("t\(round)", lifetime: .seconds(100))
            bench.replayEnded(generation + 1, cured: true)
        }
        #expect(bench.warnings.isEmpty)
    }
}
