// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import Testing

/// Random lives of a token; `TokenBench` checks at every step what must hold always.
@Suite("Any life of a token")
struct TokenLifecycleTraceTests {
    @Test("10 000 random traces keep the promises", arguments: 0..<20)
    func traces(batch: Int) {
        for index in 0..<500 { run(seed: UInt64(batch * 500 + index)) }
    }

    private func run(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var bench = TokenBench(traits: TokenSourceTraits(isLocal: random.unit() < 0.1)) { renewal in
            renewal.jitter = 0.1
            if random.unit() < 0.3 { renewal.idleStop = .seconds(120) }
        }
        var values = 0
        var overdue: [TokenBench.Fetch] = []
        var replayable: [UInt64] = []
        let lifetimes: [Duration?] = [
            .seconds(300), .seconds(30), .seconds(3), .seconds(3600), .milliseconds(200), nil,
        ]
        let lifetime = lifetimes[Int(random.next() % 6)]
        let isDown = random.unit()
        if random.unit() < 0.7 { bench.start() }
        for _ in 0..<60 {
            bench.draw = random.unit()
            let flying = bench.fetch
            switch random.next() % 16 {
            case 0...2: _ = bench.want()
            case 3: _ = bench.want(deadline: bench.now.instant + .seconds(random.unit() * 20))
            case 4, 5:
                let current = bench.status.generation
                let id = bench.reject(random.unit() < 0.7 ? current : current / 2)
                if case .success(let token) = bench.answers[id] { replayable.append(token.generation) }
            case 6: if let id = bench.waiting.randomElement(using: &random) { bench.leave(id) }
            case 7, 8, 9:
                guard let fetch = bench.fetch else { continue }
                if random.unit() < isDown {
                    bench.end(fetch, .failure(failure(&random)))
                } else {
                    if random.unit() < 0.8 { values += 1 }
                    let granted = lifetime.map { $0 * (0.5 + random.unit()) }
                    bench.end(fetch, .success(TokenGrant(value: Secret("v\(values)"), lifetime: granted)))
                }
            case 10:
                if let late = overdue.popLast() {
                    bench.end(late, .success(TokenGrant(value: Secret("late"), lifetime: lifetime)))
                }
            case 11:
                let generation = replayable.popLast() ?? bench.status.generation
                bench.replayEnded(generation, cured: random.unit() < 0.5)
            case 12: bench.advance(by: .seconds(random.unit() * 400))
            case 13: bench.advance(by: .milliseconds(Int64(random.unit() * 3000)))
            case 14: bench.pass(to: bench.now.instant + .seconds(random.unit() * 100))
            default:
                let step = Int64((random.unit() - 0.5) * 2e12)
                if random.unit() < 0.3 { bench.now.wallNanoseconds += step } else { bench.wakeUp() }
            }
            if let flying, bench.cancelled.contains(flying.id), !overdue.contains(where: { $0.id == flying.id }) {
                overdue.append(flying)
            }
            if case .held(let token) = bench.lifecycle.snapshot.content {
                switch bench.lifecycle.snapshot.decide(at: bench.now) {
                case .use(let used), .useAndRenew(let used):
                    #expect(used.generation == token.generation && !used.hasEnded(at: bench.now), "seed \(seed)")
                case .ask, .noToken: break
                }
            }
        }
        bench.stop()
        #expect(bench.waiting.isEmpty, "seed \(seed)")
    }

    private func failure(_ random: inout SplitMix) -> TokenFetchFailure {
        switch random.next() % 4 {
        case 0: TokenFetchFailure(.refused(status: 401, code: "invalid_client"))
        case 1: TokenFetchFailure(.refused(status: 429, code: nil), retryAfter: .seconds(random.unit() * 500))
        case 2: TokenFetchFailure(.illegalToken)
        default: TokenFetchFailure(.transport(.reset, detail: ""))
        }
    }
}
