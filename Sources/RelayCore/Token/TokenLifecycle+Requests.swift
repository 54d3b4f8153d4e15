// SPDX-License-Identifier: Apache-2.0
package import RelayBase

extension TokenLifecycle {
    /// A request wants a token; the answer to `id` may be among the actions at once.
    ///
    /// - Parameter deadline: the request's own limit, beside `RELAY_TOKEN_WAIT`.
    package mutating func tokenWanted(by id: UInt64, deadline: Instant? = nil, at now: TokenTime) -> [TokenAction] {
        lastUse = now.instant
        switch snapshot.decide(at: now) {
        case .use(let token): outbox.append(.resume(id, .success(token)))
        case .useAndRenew(let token):
            outbox.append(.resume(id, .success(token)))
            if canFetch(at: now) { startFetch(.demand, at: now) }
        case .noToken, .ask: wait(id, after: 0, isReplay: false, deadline: deadline, at: now)
        }
        return settle(at: now)
    }

    /// A request found the token stale, and uses it.
    package mutating func renewalWanted(at now: TokenTime) -> [TokenAction] {
        lastUse = now.instant
        if case .useAndRenew = snapshot.decide(at: now), canFetch(at: now) { startFetch(.demand, at: now) }
        return settle(at: now)
    }

    /// The upstream refused the token of `generation`; the request waits as `id` for another one to be sent with.
    package mutating func rejected(
        _ generation: UInt64, by id: UInt64, deadline: Instant? = nil, at now: TokenTime
    ) -> [TokenAction] {
        lastUse = now.instant
        counters.rejections += 1
        if !traits.isRenewable {
            refuse(id, .notRenewable)
        } else if let current, generation >= current.firstGeneration {
            rejectedCurrent(current, by: id, deadline: deadline, at: now)
        } else if let current, !current.hasEnded(at: now), !snapshot.isSuspect {
            outbox.append(.resume(id, .success(current)))
        } else {
            wait(id, after: generation, isReplay: true, deadline: deadline, at: now)
        }
        return settle(at: now)
    }

    /// The one replay of a refused request ended: `cured` unless the upstream refused again.
    package mutating func replayEnded(_ generation: UInt64, cured: Bool, at now: TokenTime) -> [TokenAction] {
        if cured { counters.replaysCured += 1 } else { counters.replaysUncured += 1 }
        coolDown.replayEnded(generation, cured: cured, at: now.instant)
        if !cured {
            rivalry.uncured(generation)
        } else if rivalry.cured(generation, at: now.instant) {
            outbox.append(.report(.warning(.rivalry)))
        }
        return settle(at: now)
    }

    /// The request does not wait any longer: its task was cancelled.
    package mutating func waiterLeft(_ id: UInt64, at now: TokenTime) -> [TokenAction] {
        if waiters.remove(id) { refuse(id, .cancelled) }
        return settle(at: now)
    }

    private mutating func rejectedCurrent(
        _ current: AccessToken, by id: UInt64, deadline: Instant?, at now: TokenTime
    ) {
        rivalry.rejected(current, at: now)
        if flight == nil {
            guard canFetch(at: now) else {
                let next = attemptExpected(at: now)
                let isNear = next - now.instant <= Self.shortWait && mayRetryForced(at: next)
                guard isNear, !isStopped, !traits.isLocal else { return refuseInBackoff(id, at: now) }
                return enlist(id, after: current.generation, patience: 0, deadline: deadline, at: now)
            }
            // An ended token is renewed anyway: no renewal is forced by that.
            if !current.hasEnded(at: now) {
                if let until = coolDown.deniedUntil(at: now.instant) {
                    counters.denials += 1
                    return refuse(id, .coolingDown, retryAt: until, now: now)
                }
                coolDown.forced(at: now.instant)
                startFetch(.forced, rejected: current.value, at: now)
            } else {
                startFetch(.demand, at: now)
            }
        }
        suspect = current.generation
        enlist(id, after: current.generation, patience: replayPatience, deadline: deadline, at: now)
    }

    private mutating func wait(_ id: UInt64, after: UInt64, isReplay: Bool, deadline: Instant?, at now: TokenTime) {
        if flight == nil {
            if canFetch(at: now) {
                startFetch(.demand, at: now)
            } else if isStopped || isReplay || attemptExpected(at: now) - now.instant > Self.shortWait {
                return refuseInBackoff(id, at: now)
            }
        }
        enlist(id, after: after, patience: isReplay ? replayPatience : nil, deadline: deadline, at: now)
    }

    /// A request whose token was refused outwaits one failed fetch; of a source on this machine none, since that only
    /// says that there is nothing new.
    private var replayPatience: Int { traits.isLocal ? 0 : 1 }

    /// - Parameter patience: of a replay; nil: it is none, and waits as long as the next attempt is near.
    private mutating func enlist(_ id: UInt64, after: UInt64, patience: Int?, deadline: Instant?, at now: TokenTime) {
        let own = now.instant + renewal.wait
        let limit = deadline.map { min($0, own) } ?? own
        let waiter = TokenWaiter(after: after, isReplay: patience != nil, patience: patience ?? .max, limit: limit)
        waiters.insert(waiter, as: id)
    }

    /// Whether a renewal for refused requests, and for nobody else, may start then.
    func mayRetryForced(at instant: Instant) -> Bool {
        current == nil || coolDown.deniedUntil(at: instant) == nil
    }

    /// The next attempt is too far off to wait for.
    private mutating func refuseInBackoff(_ id: UInt64, at now: TokenTime) {
        if isStopped { return refuse(id, .stopping) }
        let reason: TokenUnavailable.Reason =
            if let lastFailure { .failed(lastFailure.failure) } else { .waited(lastFailure: nil) }
        refuse(id, reason, retryAt: attemptExpected(at: now), now: now)
    }
}
