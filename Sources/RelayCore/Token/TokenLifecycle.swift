// SPDX-License-Identifier: Apache-2.0
package import RelayBase

/// The life of the bearer token as a pure value: events and time in, actions out.
///
/// It holds the current token, at most one fetch in flight, and the requests that wait. It knows neither clock nor
/// task nor source; `TokenCache` drives it. Every event ends in `settle`, after which nothing that is due is left
/// undone; `nextWake` says when time alone brings the next change.
///
/// **Invariants**: at most one fetch in flight; a token is never handed out at or after its end; every waiter is
/// answered once; generations strictly increase.
package struct TokenLifecycle: Sendable {
    struct Flight: Sendable {
        let id: UInt64
        let trigger: TokenTrigger
        let startedAt: TokenTime
        let deadline: Instant
    }

    /// A fetch that ran out of time and has not returned: its failure is counted, its answer still welcome.
    struct Overdue: Sendable {
        let flight: Flight
        let cancelledAt: Instant
        /// From here it is written off: a new fetch may start, and its answer is dropped.
        let writtenOffAt: Instant
    }

    struct LastFailure: Sendable {
        let failure: TokenFetchFailure
        let at: TokenTime
    }

    let renewal: TokenRenewal
    let traits: TokenSourceTraits

    var current: AccessToken?
    var generation: UInt64 = 0
    var flight: Flight?
    var overdue: Overdue?
    /// Written-off fetches that never returned.
    var lost: Set<UInt64> = []
    var fetches: UInt64 = 0
    var waiters = TokenWaiters()
    var backoff: TokenBackoff
    var coolDown: TokenCoolDown
    var rivalry = TokenRivalry()
    /// No scheduled renewal before: the issuer keeps handing out the same token (R9).
    var heldUntil: Instant?
    /// The generation whose refusal the fetch in flight answers.
    var suspect: UInt64?
    var lastUse: Instant?
    var isStopped = false
    var lastFailure: LastFailure?
    var warned: Set<TokenWarning> = []
    var counters = TokenCounters()
    /// Actions of the event being handled.
    var outbox: [TokenAction] = []

    /// A waiting request outwaits a failed fetch if the next attempt is due within this (R8).
    static let shortWait: Duration = .seconds(2)
    /// How long after its deadline a fetch that does not return keeps others from starting.
    static let overduePatience: Duration = .seconds(60)
    /// So many written-off fetches may be outstanding; beyond, the next start waits for one to return.
    static let mostLost = 4

    package init(renewal: TokenRenewal, traits: TokenSourceTraits) {
        (self.renewal, self.traits) = (renewal, traits)
        backoff = TokenBackoff(renewal: renewal, isLocal: traits.isLocal)
        coolDown = TokenCoolDown(renewal: renewal, isLocal: traits.isLocal)
    }

    /// What requests may decide by themselves until the next event.
    package var snapshot: TokenSnapshot {
        guard let current else { return TokenSnapshot(.empty) }
        let quiet = isStopped ? .distantFuture : max(attemptNotBefore, holdEnd(of: current))
        let isJoined = flight != nil && suspect == current.generation && coolDown.isTrusted && backoff.failures == 0
        return TokenSnapshot(
            .held(current), isRenewing: flight != nil, isSuspect: isJoined && !isStopped, quietUntil: quiet)
    }

    /// A request used the token without asking.
    package mutating func noteUse(at used: Instant) { lastUse = lastUse.map { max($0, used) } ?? used }

    // MARK: Events

    /// The daemon starts: fetch at once, before anyone asks.
    package mutating func started(at now: TokenTime) -> [TokenAction] {
        lastUse = now.instant
        if current == nil, canFetch(at: now) { startFetch(.start, at: now) }
        return settle(at: now)
    }

    /// The time `nextWake` named has come, or any other.
    ///
    /// `lastUse`: when a request last used the token.
    package mutating func woke(at now: TokenTime, lastUse used: Instant? = nil, draw: Double) -> [TokenAction] {
        if let used { noteUse(at: used) }
        if let flight, now.instant >= flight.deadline { timedOut(flight, at: now, draw: draw) }
        return settle(at: now)
    }

    /// The source says that a fetch would bring another token now, which also lifts a back-off.
    package mutating func sourceChanged(at now: TokenTime) -> [TokenAction] {
        if flight == nil, overdue == nil, !isStopped {
            backoff.reset()
            startFetch(.changed, at: now)
        }
        return settle(at: now)
    }

    /// The operator asks for a fresh start (SIGHUP): back-off, cool-down and hold-off are lifted, and an unhealthy
    /// token is fetched again at once.
    ///
    /// A fresh one stays unless `renewsFresh`: fetching it again would revoke it with some issuers.
    package mutating func reset(at now: TokenTime, renewsFresh: Bool = false) -> [TokenAction] {
        let wasFailing = backoff.failures > 0
        backoff.reset()
        coolDown.reset()
        rivalry.reset()
        warned = []
        heldUntil = nil
        let isFresh = current?.phase(at: now) == .fresh
        if wasFailing || !isFresh || renewsFresh, canFetch(at: now) { startFetch(.reload, at: now) }
        return settle(at: now)
    }

    /// The daemon ends: nobody waits any longer, nothing is fetched; a valid token may still be used.
    package mutating func stopped(at now: TokenTime) -> [TokenAction] {
        isStopped = true
        if let flight { outbox.append(.cancelFetch(flight.id)) }
        (flight, overdue) = (nil, nil)
        for (id, _) in waiters.take(where: { _ in true }) { refuse(id, .stopping) }
        return settle(at: now)
    }
}
