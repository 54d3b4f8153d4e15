// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import RelayUpstream
import Testing

@Suite("The token cache")
struct TokenCacheTests {
    private let clock = ManualTokenClock()
    private let source = ScriptedTokenSource()
    private let log = EventLog()

    private func makeCache(_ source: ScriptedTokenSource? = nil, _ change: (inout TokenRenewal) -> Void = { _ in })
        -> TokenCache
    {
        var renewal = TokenRenewal()
        renewal.jitter = 0
        change(&renewal)
        return TokenCache(
            source: source ?? self.source, renewal: renewal, clock: clock, observe: { [log] in log.append($0) },
            draw: { 0.5 })
    }

    /// A cache that holds the token "one" of 300 s, generation 1.
    private func startedCache(_ change: (inout TokenRenewal) -> Void = { _ in }) async -> TokenCache {
        let cache = makeCache(nil, change)
        await cache.start()
        #expect(await reached { source.succeed("one") })
        #expect(await reached { await cache.status().generation == 1 })
        return cache
    }

    private func decided(_ cache: TokenCache) -> String {
        switch cache.door.decide(at: clock.now()) {
        case .noToken: "none"
        case .use(let token): "use " + token.value.reveal
        case .useAndRenew(let token): "renew " + token.value.reveal
        case .ask: "ask"
        }
    }

    @Test("Two hundred callers of an empty cache cost one fetch and all get its token")
    func singleFlight() async throws {
        let cache = makeCache()
        let values = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<200 { group.addTask { try await cache.token().value.reveal } }
            #expect(await reached { await cache.status().waiters == 200 })
            #expect(source.succeed("one"))
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(values == ["one"])
        #expect(source.fetches.map(\.trigger) == [.demand])
        #expect(await cache.status().waiters == 0)
    }

    @Test("The door follows the token's life without asking the cache")
    func door() async {
        let cache = makeCache()
        #expect(decided(cache) == "ask")
        await cache.start()
        #expect(await reached { source.succeed("one") })
        #expect(await reached { decided(cache) == "use one" })
        clock.advance(by: .seconds(224))
        #expect(decided(cache) == "use one")
        clock.advance(by: .seconds(1))
        #expect(await reached { source.openFetches == 1 })
        #expect(decided(cache) == "use one")
        #expect(source.succeed("two"))
        #expect(await reached { decided(cache) == "use two" })
        #expect(TokenDoor.unneeded().decide(at: clock.now()).isNoToken)
    }

    @Test("With the timer lost, one caller a second is told to renew a stale token")
    func doorAsksOnce() {
        let token = AccessToken(
            value: Secret("t"), generation: 1, firstGeneration: 1, fetchedAt: clock.now(),
            schedule: TokenSchedule(lifetime: .seconds(300), refreshIn: nil, renewal: TokenRenewal(), draw: 0),
            kind: .opaque)
        let door = TokenDoor(TokenSnapshot(.held(token)))
        clock.advance(by: .seconds(230))
        let first = (0..<100).filter { _ in door.decide(at: clock.now()).isRenew }.count
        clock.advance(by: .seconds(1))
        let second = (0..<100).filter { _ in door.decide(at: clock.now()).isRenew }.count
        #expect((first, second) == (1, 1))
        #expect(door.lastUse == clock.now().instant)
    }

    @Test("A cancelled caller returns at once, before the fetch ends, and leaves nothing behind")
    func cancellation() async {
        let cache = makeCache()
        let caller = Task { await Result { () async throws(TokenUnavailable) in try await cache.token() } }
        #expect(await reached { await cache.status().waiters == 1 })
        caller.cancel()
        guard case .failure(let error) = await caller.value else {
            Issue.record("no error")
            return
        }
        #expect(error.reason == .cancelled)
        #expect(source.openFetches == 1)
        #expect(await cache.status().waiters == 0)
        #expect(source.succeed("one"))
        #expect(await reached { await cache.status().generation == 1 })
        let early = Task { () -> String in
            while !Task.isCancelled { await Task.yield() }
            do throws(TokenUnavailable) { return try await cache.token().value.reveal } catch { return error.label }
        }
        early.cancel()
        #expect(await early.value == "cancelled")
    }

    @Test("A caller waits no longer than the limit although the fetch goes on")
    func waitLimit() async {
        let cache = makeCache { $0.timeout = .seconds(60) }
        let caller = Task { await Result { () async throws(TokenUnavailable) in try await cache.token() } }
        #expect(await reached { await cache.status().waiters == 1 })
        clock.advance(by: .seconds(15))
        guard case .failure(let error) = await caller.value else {
            Issue.record("no error")
            return
        }
        #expect(error.label == "waited")
        #expect(source.succeed("one"))
        #expect(await reached { decided(cache) == "use one" })
    }

    @Test("A source that ignores its cancellation fails at the deadline, and no second fetch runs beside it")
    func fetchDeadline() async {
        let cache = makeCache()
        await cache.start()
        #expect(await reached { source.openFetches == 1 })
        clock.advance(by: .seconds(10))
        #expect(await reached { await cache.status().lastFailure?.failure.cause == .timeout })
        clock.advance(by: .seconds(20))
        #expect(await reached { await cache.status().failures == 1 })
        #expect(source.fetches.count == 1)
        #expect(source.succeed("late"))
        #expect(await reached { decided(cache) == "use late" })
        #expect(await cache.status().failures == 0)
        #expect(source.mostAtOnce == 1)
    }

    @Test("A refusal forces one fetch for all that were refused, and the replay's outcome is heeded")
    func rejection() async {
        let cache = await startedCache()
        await withTaskGroup(of: String.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    if case .replay(let token) = await cache.reject(1) { token.value.reveal } else { "no replay" }
                }
            }
            #expect(await reached { await cache.status().waiters == 50 })
            #expect(decided(cache) == "ask")
            #expect(await reached { source.succeed("two") })
            for await value in group { #expect(value == "two") }
        }
        #expect(source.fetches.map(\.trigger) == [.start, .forced])
        await cache.replayFinished(2, cured: false)
        guard case .giveUp(let error) = await cache.reject(2) else {
            Issue.record("the cool-down was not kept")
            return
        }
        #expect(error.reason == .coolingDown)
        #expect(error.retryAfterSeconds == 10)
        #expect(decided(cache) == "use two")
    }

    @Test("A fixed token's refusal passes through")
    func fixedToken() async {
        let fixed = ScriptedTokenSource(traits: TokenSourceTraits(isRenewable: false))
        let cache = makeCache(fixed)
        await cache.start()
        #expect(await reached { fixed.succeed("one", lifetime: nil) })
        #expect(await reached { await cache.status().isReady })
        guard case .passThrough = await cache.reject(1) else {
            Issue.record("did not pass")
            return
        }
        #expect(fixed.fetches.count == 1)
    }

    @Test("A changed source is fetched at the next poll")
    func polling() async {
        let polled = ScriptedTokenSource(traits: TokenSourceTraits(isLocal: true, pollInterval: .seconds(5)))
        let cache = makeCache(polled)
        await cache.start()
        #expect(await reached { polled.succeed("one", lifetime: nil) })
        #expect(await reached { decided(cache) == "use one" && !clock.deadlines.isEmpty })
        polled.setChanged(true)
        clock.advance(by: .seconds(5))
        #expect(await reached { polled.openFetches == 1 })
        polled.setChanged(false)
        #expect(polled.fetches.map(\.trigger) == [.start, .changed])
        #expect(polled.succeed("two", lifetime: nil))
        #expect(await reached { decided(cache) == "use two" })
        await cache.stop()
        #expect(await reached { clock.deadlines.isEmpty })
    }

    @Test("Every renewal is reported once, without its token")
    func reports() async {
        let cache = await startedCache()
        clock.advance(by: .seconds(225))
        #expect(await reached { source.end(.failure(TokenFetchFailure(.refused(status: 503, code: nil)))) })
        #expect(await reached { log.all.count == 2 })
        let labels = log.all.map { event in
            if case .renewal(let report) = event {
                "\(report.trigger) \(report.resultLabel) \(report.generation)"
            } else {
                ""
            }
        }
        #expect(labels == ["start ok 1", "timer failed 1"])
        #expect(!String(reflecting: log.all).contains("one"))
        #expect(await cache.status().phase == .stale)
    }

    @Test("Stopping answers all that wait")
    func stopping() async {
        let cache = makeCache()
        let caller = Task { await Result { () async throws(TokenUnavailable) in try await cache.token() } }
        #expect(await reached { await cache.status().waiters == 1 })
        await cache.stop()
        guard case .failure(let error) = await caller.value else {
            Issue.record("no error")
            return
        }
        #expect(error.reason == .stopping)
        #expect(source.succeed("too late"))
        #expect(await reached { source.openFetches == 0 })
        #expect(decided(cache) == "ask")
    }

    @Test(
        "However calls, refusals and cancellations interleave, one fetch runs and all are answered", arguments: 0..<20)
    func interleavings(seed: UInt64) async {
        let cache = makeCache()
        var mixed = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        var callers: [Task<Void, Never>] = []
        for step in 0..<200 {
            mixed ^= mixed << 13
            mixed ^= mixed >> 7
            mixed ^= mixed << 17
            switch mixed % 8 {
            case 0, 1, 2: callers.append(Task { _ = try? await cache.token() })
            case 3: callers.append(Task { _ = await cache.reject(await cache.status().generation) })
            case 4: if !callers.isEmpty { callers[Int(mixed >> 8 & 0xFFFF) % callers.count].cancel() }
            case 5: source.succeed("t\(step)", lifetime: .seconds(Int64(1 + mixed % 60)))
            case 6: source.end(.failure(TokenFetchFailure(.illegalToken)))
            default: clock.advance(by: .milliseconds(Int64(mixed % 4000)))
            }
            for _ in 0..<(mixed % 5) { await Task.yield() }
        }
        await cache.stop()
        while source.end(.failure(TokenFetchFailure(.timeout))) {}
        for caller in callers { await caller.value }
        #expect(source.mostAtOnce <= 1)
        #expect(await cache.status().waiters == 0)
    }
}

extension TokenDecision {
    fileprivate var isNoToken: Bool { if case .noToken = self { true } else { false } }
    fileprivate var isRenew: Bool { if case .useAndRenew = self { true } else { false } }
}

extension Result where Failure == TokenUnavailable {
    fileprivate init(_ body: () async throws(TokenUnavailable) -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
