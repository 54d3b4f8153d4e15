// SPDX-License-Identifier: Apache-2.0
package import RelayBase

extension TokenLifecycle {
    /// The back-off and an overdue fetch decide when the next attempt may start.
    var attemptNotBefore: Instant {
        let free = backoff.notBefore ?? .longAgo
        return overdue.map { max(free, $0.writtenOffAt) } ?? free
    }

    /// The same, in the hope that a fetch just cancelled returns at once, as all but a hanging one do.
    func attemptExpected(at now: TokenTime) -> Instant {
        guard let overdue, now.instant - overdue.cancelledAt <= Self.shortWait else { return attemptNotBefore }
        return backoff.notBefore ?? .longAgo
    }

    func canFetch(at now: TokenTime) -> Bool {
        !isStopped && flight == nil && now.instant >= attemptNotBefore
    }

    /// The end of the hold-off, which never outlives the token.
    func holdEnd(of token: AccessToken) -> Instant {
        guard let heldUntil else { return .longAgo }
        return token.schedule.map { min(heldUntil, token.fetchedAt.instant + $0.lifetime) } ?? heldUntil
    }

    /// When the scheduled renewal may start by the continuous clock; nil: never.
    var renewalDue: Instant? {
        guard !isStopped, lastUse != nil else { return nil }
        guard let current else { return attemptNotBefore }
        guard traits.isRenewable, let schedule = current.schedule else { return nil }
        return max(current.fetchedAt.instant + schedule.renewAfter, holdEnd(of: current), attemptNotBefore)
    }

    func isIdle(at now: TokenTime) -> Bool {
        guard let idleStop = renewal.idleStop, let lastUse else { return false }
        return now.instant - lastUse > idleStop
    }

    /// When time alone brings the next change; nil: it does not.
    ///
    /// Later than the last event unless that one failed to settle.
    package func nextWake(after now: TokenTime) -> Instant? {
        var wake = Instant.distantFuture
        if let flight { wake = min(wake, flight.deadline) }
        if !waiters.isEmpty {
            wake = min(wake, waiters.earliestLimit)
            if flight == nil { wake = min(wake, attemptNotBefore) }
            if let current, let schedule = current.schedule {
                let left = schedule.lastCallAfter - current.age(at: now)
                if left > .zero { wake = min(wake, now.instant + left) }
            }
        }
        if flight == nil, let due = renewalDue, due > now.instant || !isIdle(at: now) { wake = min(wake, due) }
        return wake == .distantFuture ? nil : wake
    }

    /// Does all that is due: the end of every event.
    ///
    /// Returns the event's actions.
    mutating func settle(at now: TokenTime) -> [TokenAction] {
        if canFetch(at: now) {
            if !waiters.isEmpty {
                startFetchForWaiters(at: now)
            } else if isRenewalDue(at: now), !isIdle(at: now) {
                startFetch(.timer, at: now)
            }
        }
        answerThoseOutOfTime(at: now)
        defer { outbox = [] }
        return outbox
    }

    /// The next attempt after one that failed; where only refused requests wait, it is forced like the first.
    private mutating func startFetchForWaiters(at now: TokenTime) {
        guard let current, !current.hasEnded(at: now), waiters.areReplays, mayRetryForced(at: now.instant) else {
            return startFetch(.demand, at: now)
        }
        coolDown.forced(at: now.instant)
        startFetch(.forced, rejected: current.value, at: now)
    }

    /// By the clock that counts more, so that a suspended or stepped clock is noticed.
    private func isRenewalDue(at now: TokenTime) -> Bool {
        guard lastUse != nil else { return false }
        guard let current else { return true }
        guard traits.isRenewable, let schedule = current.schedule else { return false }
        let age = current.age(at: now)
        if age >= schedule.lifetime { return true }
        return age >= schedule.renewAfter && now.instant >= holdEnd(of: current)
    }

    private mutating func answerThoseOutOfTime(at now: TokenTime) {
        guard !waiters.isEmpty else { return }
        let usable = current.flatMap { $0.hasEnded(at: now) ? nil : $0 }
        let isLastCall = usable.map { token in
            token.schedule.map { token.age(at: now) >= $0.lastCallAfter } ?? false
        }
        guard now.instant >= waiters.earliestLimit || isLastCall == true else { return }
        let taken = waiters.take { waiter in
            waiter.limit <= now.instant || isLastCall == true && usable.map(waiter.accepts) ?? false
        }
        for (id, waiter) in taken {
            if let usable, waiter.accepts(usable) {
                outbox.append(.resume(id, .success(usable)))
            } else {
                let failure = backoff.failures > 0 ? lastFailure?.failure : nil
                refuse(id, .waited(lastFailure: failure), retryAt: attemptExpected(at: now), now: now)
            }
        }
    }

    mutating func refuse(_ id: UInt64, _ reason: TokenUnavailable.Reason, retryAt: Instant, now: TokenTime) {
        let wait = retryAt > now.instant ? retryAt - now.instant : .seconds(1)
        outbox.append(.resume(id, .failure(TokenUnavailable(reason, retryAfter: wait))))
    }

    mutating func refuse(_ id: UInt64, _ reason: TokenUnavailable.Reason) {
        outbox.append(.resume(id, .failure(TokenUnavailable(reason))))
    }
}
