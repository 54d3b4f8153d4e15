// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayBase
import RelayCore
import RelayUpstream

/// Clocks set by hand.
///
/// A sleeper wakes when the time is set to its deadline or beyond.
final class ManualTokenClock: TokenClock {
    private struct State {
        var time = TokenTime(
            instant: Instant(nanoseconds: 1_000_000_000_000), wallNanoseconds: 1_764_000_000_000_000_000)
        var lastID: UInt64 = 0
        var sleepers: [UInt64: (deadline: Instant, continuation: CheckedContinuation<Bool, Never>)] = [:]
        var cancelled: Set<UInt64> = []
    }

    private let state = Lock(State())

    func now() -> TokenTime { state.withLock { $0.time } }

    func sleep(until deadline: Instant) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let isCancelled = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let verdict: Bool? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return true }
                    if deadline <= state.time.instant { return false }
                    state.sleepers[id] = (deadline, continuation)
                    return nil
                }
                if let verdict { continuation.resume(returning: verdict) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(returning: true)
        }
        if isCancelled { throw CancellationError() }
    }

    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.time.instant = state.time.instant + duration
            state.time.wallNanoseconds += duration.nanoseconds
            let time = state.time.instant
            let due = state.sleepers.filter { $0.value.deadline <= time }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume(returning: false) }
    }

    /// Deadlines somebody sleeps for.
    var deadlines: [Instant] { state.withLock { $0.sleepers.values.map(\.deadline).sorted() } }
}

/// A source whose fetches end when the test says so, cancelled or not.
final class ScriptedTokenSource: TokenSource {
    typealias Answer = Result<TokenGrant, TokenFetchFailure>

    private struct State {
        var fetches: [TokenFetchContext] = []
        var open: [CheckedContinuation<Answer, Never>] = []
        var running = 0
        var mostRunning = 0
        var hasChanged = false
    }

    let traits: TokenSourceTraits
    private let state = Lock(State())

    init(traits: TokenSourceTraits = TokenSourceTraits()) { self.traits = traits }

    func fetch(_ context: TokenFetchContext) async throws(TokenFetchFailure) -> TokenGrant {
        let answer = await withCheckedContinuation { continuation in
            state.withLock { state in
                state.fetches.append(context)
                state.open.append(continuation)
                state.running += 1
                state.mostRunning = max(state.mostRunning, state.running)
            }
        }
        return try answer.get()
    }

    func hasChanged() async -> Bool { state.withLock { $0.hasChanged } }

    var fetches: [TokenFetchContext] { state.withLock { $0.fetches } }
    var openFetches: Int { state.withLock { $0.open.count } }
    var mostAtOnce: Int { state.withLock { $0.mostRunning } }

    func setChanged(_ hasChanged: Bool) { state.withLock { $0.hasChanged = hasChanged } }

    /// Ends the oldest fetch; false if none runs.
    @discardableResult
    func end(_ answer: Answer) -> Bool {
        let continuation = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            guard !state.open.isEmpty else { return nil }
            state.running -= 1
            return state.open.removeFirst()
        }
        continuation?.resume(returning: answer)
        return continuation != nil
    }

    @discardableResult
    func succeed(_ value: String, lifetime: Duration? = .seconds(300)) -> Bool {
        end(.success(TokenGrant(value: Secret(value), lifetime: lifetime)))
    }
}

/// What a cache under test reported.
final class EventLog: Sendable {
    private let events = Lock<[TokenEvent]>([])
    func append(_ event: TokenEvent) { events.withLock { $0.append(event) } }
    var all: [TokenEvent] { events.withLock { $0 } }
}

/// Lets other tasks run until `condition` holds; false after a time that only a hang takes.
///
/// It yields, and where that does not help, as other threads have work of theirs to do, it leaves them the processor.
func reached(_ condition: () async -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(120)
    var turns = 0
    while ContinuousClock.now < deadline {
        if await condition() { return true }
        turns += 1
        if turns % 1_000 == 0 { sched_yield() }
        await Task.yield()
    }
    return await condition()
}
