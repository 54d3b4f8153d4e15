// SPDX-License-Identifier: Apache-2.0
package import RelayBase
package import RelayCore

/// What becomes of a request whose token the upstream refused.
package enum ReplayDecision: Sendable {
    /// Send it once more with this token, and tell `replayFinished` how that went.
    case replay(AccessToken)
    /// The source knows no other token: the client gets the upstream's answer.
    case passThrough
    /// There is no newer token in time.
    case giveUp(TokenUnavailable)
}

/// The owner of the bearer token: runs fetches, holds waiting requests, and asks `TokenLifecycle` what to do.
///
/// **Isolation**: an actor that never awaits between an event and its actions, so that re-entrancy shows nobody a half
/// state. A fetch is a task of the cache's own: no request's cancellation ends it. One sleeping task wakes the
/// lifecycle; should it wake late (suspend), every use checks again.
///
/// A fetch that outlives `RELAY_TOKEN_TIMEOUT` is cancelled and counts as failed at that moment, whatever its source
/// does. Until it returns no other starts, for a minute at most; if it still brings a token, that is adopted.
package actor TokenCache {
    package nonisolated let door: TokenDoor

    private struct Sleeper {
        let number: UInt64
        let deadline: Instant
        let task: Task<Void, Never>
    }

    private let source: any TokenSource
    private let clock: any TokenClock
    private let observe: @Sendable (TokenEvent) -> Void
    private let draw: @Sendable () -> Double
    private var lifecycle: TokenLifecycle
    private var lastNumber: UInt64 = 0
    private var continuations: [UInt64: CheckedContinuation<Result<AccessToken, TokenUnavailable>, Never>] = [:]
    private var fetches: [UInt64: Task<Void, Never>] = [:]
    private var sleeper: Sleeper?
    private var poller: Task<Void, Never>?

    /// - Parameters:
    ///   - observe: told of every ended fetch and every warning; called on the actor, so it must be quick.
    ///   - draw: a random number in 0..<1.
    package init(
        source: any TokenSource, renewal: TokenRenewal, clock: any TokenClock = SystemTokenClock(),
        observe: @escaping @Sendable (TokenEvent) -> Void = { _ in },
        draw: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        (self.source, self.clock, self.observe, self.draw) = (source, clock, observe, draw)
        lifecycle = TokenLifecycle(renewal: renewal, traits: source.traits)
        door = TokenDoor(lifecycle.snapshot)
    }

    // MARK: Requests

    /// A token to send a request with right now; waits if it must, up to `RELAY_TOKEN_WAIT` or `deadline`.
    ///
    /// - Throws: `TokenUnavailable`; `.cancelled` at once when the caller's task is cancelled, which ends no fetch.
    package func token(deadline: Instant? = nil) async throws(TokenUnavailable) -> AccessToken {
        try await answer { $0.tokenWanted(by: $1, deadline: deadline, at: $2) }.get()
    }

    /// The upstream refused the token of `generation`: one forced renewal for everybody, or the one in flight, or the
    /// newer token that is here already.
    package func reject(_ generation: UInt64, deadline: Instant? = nil) async -> ReplayDecision {
        switch await answer({ $0.rejected(generation, by: $1, deadline: deadline, at: $2) }) {
        case .success(let token): .replay(token)
        case .failure(let error): error.reason == .notRenewable ? .passThrough : .giveUp(error)
        }
    }

    /// The replay with the token of `generation` was answered; `cured` unless the token was refused again.
    package func replayFinished(_ generation: UInt64, cured: Bool) {
        perform(lifecycle.replayEnded(generation, cured: cured, at: clock.now()))
    }

    /// A request found the token stale and used it: the word of `TokenDecision.useAndRenew`.
    package nonisolated func renewInBackground() {
        Task { await self.renew() }
    }

    package func renew() {
        perform(lifecycle.renewalWanted(at: clock.now()))
    }

    // MARK: Life

    /// Fetches at once and goes on renewing; call once.
    package func start() {
        if let interval = source.traits.pollInterval, poller == nil {
            let pause = max(interval, .milliseconds(10))
            poller = Task { [weak self, source, clock] in
                while !Task.isCancelled {
                    do { try await clock.sleep(until: clock.now().instant + pause) } catch { return }
                    guard self != nil else { return }
                    if await source.hasChanged() { await self?.sourceChanged() }
                }
            }
        }
        perform(lifecycle.started(at: clock.now()))
    }

    /// SIGHUP: lifts back-off and cool-down, and fetches at once unless all is well, or also then if `renewsFresh`.
    package func reset(renewsFresh: Bool = false) {
        perform(lifecycle.reset(at: clock.now(), renewsFresh: renewsFresh))
    }

    /// Fails all that wait with `.stopping` and ends the fetch in flight.
    ///
    /// A valid token stays usable.
    package func stop() {
        poller?.cancel()
        poller = nil
        perform(lifecycle.stopped(at: clock.now()))
    }

    package func status() -> TokenStatus {
        if let lastUse = door.lastUse { lifecycle.noteUse(at: lastUse) }
        return lifecycle.status(at: clock.now())
    }

    // MARK: Driving the lifecycle

    /// Enters a request under a new number and waits for its one answer.
    private func answer(
        _ event: (inout TokenLifecycle, UInt64, TokenTime) -> [TokenAction]
    ) async -> Result<AccessToken, TokenUnavailable> {
        lastNumber += 1
        let number = lastNumber
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume(returning: .failure(TokenUnavailable(.cancelled))) }
                continuations[number] = continuation
                perform(event(&lifecycle, number, clock.now()))
            }
        } onCancel: {
            // Runs after the entry above, which the actor does not leave in between.
            Task { await self.left(number) }
        }
    }

    private func left(_ number: UInt64) {
        perform(lifecycle.waiterLeft(number, at: clock.now()))
    }

    private func sourceChanged() {
        perform(lifecycle.sourceChanged(at: clock.now()))
    }

    private func perform(_ actions: [TokenAction]) {
        // Before anyone is woken, so that none of them sees the state of before.
        door.publish(lifecycle.snapshot)
        for action in actions {
            switch action {
            case .startFetch(let number, let context): fetches[number] = makeFetch(number, context)
            case .cancelFetch(let number): fetches[number]?.cancel()
            case .resume(let number, let result): continuations.removeValue(forKey: number)?.resume(returning: result)
            case .report(let event): observe(event)
            }
        }
        setSleeper()
    }

    private func makeFetch(_ number: UInt64, _ context: TokenFetchContext) -> Task<Void, Never> {
        Task { [source] in
            let result: Result<TokenGrant, TokenFetchFailure>
            do throws(TokenFetchFailure) {
                result = .success(try await source.fetch(context))
            } catch {
                result = .failure(error)
            }
            fetchEnded(number, result)
        }
    }

    private func fetchEnded(_ number: UInt64, _ result: Result<TokenGrant, TokenFetchFailure>) {
        fetches[number] = nil
        let now = clock.now()
        switch result {
        case .success(let grant): perform(lifecycle.fetchSucceeded(number, grant, at: now, draw: draw()))
        case .failure(let failure): perform(lifecycle.fetchFailed(number, failure, at: now, draw: draw()))
        }
    }

    /// Keeps one task asleep until the lifecycle's next instant.
    ///
    /// Waking early does no harm, so a later instant leaves the sleeper alone.
    private func setSleeper() {
        guard let wake = lifecycle.nextWake(after: clock.now()) else {
            sleeper?.task.cancel()
            sleeper = nil
            return
        }
        if let sleeper, sleeper.deadline <= wake { return }
        sleeper?.task.cancel()
        lastNumber += 1
        let number = lastNumber
        sleeper = Sleeper(
            number: number, deadline: wake,
            task: Task { [weak self, clock] in
                do { try await clock.sleep(until: wake) } catch { return }
                await self?.woke(number)
            })
    }

    private func woke(_ number: UInt64) {
        if sleeper?.number == number { sleeper = nil }
        perform(lifecycle.woke(at: clock.now(), lastUse: door.lastUse, draw: draw()))
    }
}
