// SPDX-License-Identifier: Apache-2.0
import RelayBase

extension TokenLifecycle {
    mutating func startFetch(_ trigger: TokenTrigger, rejected: Secret? = nil, at now: TokenTime) {
        precondition(flight == nil, "two fetches at once")
        if let overdue { lost.insert(overdue.flight.id) }
        overdue = nil
        fetches += 1
        flight = Flight(
            id: fetches, trigger: trigger, startedAt: now,
            deadline: now.instant + max(renewal.timeout, .milliseconds(1)))
        outbox.append(
            .startFetch(
                fetches,
                TokenFetchContext(trigger: trigger, startedAt: now, timeout: renewal.timeout, rejected: rejected)))
    }

    /// A fetch brought a token.
    ///
    /// A late one is adopted unless it was written off: no other has run meanwhile, so it is still the issuer's newest.
    package mutating func fetchSucceeded(
        _ id: UInt64, _ grant: TokenGrant, at now: TokenTime, draw: Double
    ) -> [TokenAction] {
        guard let (ended, isLate) = takeFlight(id) else { return settle(at: now) }
        if let lifetime = grant.lifetime?.wholeNanoseconds, lifetime <= now.elapsed(since: ended.startedAt) {
            // With a late answer the failure was counted when its time ran out.
            if !isLate { failed(ended, TokenFetchFailure(.expiredOnArrival), at: now, draw: draw) }
        } else {
            adopt(grant, of: ended, at: now, draw: draw)
        }
        return settle(at: now)
    }

    /// A fetch brought nothing.
    package mutating func fetchFailed(
        _ id: UInt64, _ failure: TokenFetchFailure, at now: TokenTime, draw: Double
    ) -> [TokenAction] {
        guard let (ended, isLate) = takeFlight(id) else { return settle(at: now) }
        if isLate {
            backoff.heed(failure.retryAfter, at: now.instant)
        } else {
            failed(ended, failure, at: now, draw: draw)
        }
        return settle(at: now)
    }

    private mutating func takeFlight(_ id: UInt64) -> (Flight, isLate: Bool)? {
        if let flight, flight.id == id {
            self.flight = nil
            return (flight, false)
        }
        if let overdue, overdue.flight.id == id {
            self.overdue = nil
            return (overdue.flight, true)
        }
        lost.remove(id)
        return nil
    }

    mutating func timedOut(_ ended: Flight, at now: TokenTime, draw: Double) {
        flight = nil
        let isPatienceOut = lost.count >= Self.mostLost
        overdue = Overdue(
            flight: ended, cancelledAt: now.instant,
            writtenOffAt: isPatienceOut ? .distantFuture : now.instant + Self.overduePatience)
        outbox.append(.cancelFetch(ended.id))
        failed(ended, TokenFetchFailure(.timeout), at: now, draw: draw)
    }

    /// The newest answer wins, even if it ends sooner: with issuers that keep one token alive the older is revoked.
    private mutating func adopt(_ grant: TokenGrant, of ended: Flight, at now: TokenTime, draw: Double) {
        let previous = current
        let isSame = previous.map { $0.value.matches(grant.value.reveal.utf8) } ?? false
        generation += 1
        let schedule = grant.lifetime.map {
            TokenSchedule(lifetime: $0, refreshIn: grant.refreshIn, renewal: renewal, draw: draw)
        }
        let token = AccessToken(
            value: grant.value, generation: generation,
            firstGeneration: isSame ? previous?.firstGeneration ?? generation : generation,
            fetchedAt: ended.startedAt, schedule: schedule, kind: grant.kind)
        current = token
        heldUntil = holdOff(for: token, after: previous, isSame: isSame, at: now)
        backoff.reset()
        suspect = nil
        if ended.trigger == .forced { coolDown.adopted(generation) }
        counters.succeeded[ended.trigger, default: 0] += 1
        for warning in grant.warnings where warned.insert(warning).inserted {
            outbox.append(.report(.warning(warning)))
        }
        let renewIn = renewalDue.map { max(.zero, $0 - now.instant) }
        report(
            ended, at: now,
            .adopted(lifetime: token.remaining(at: now), renewIn: renewIn, kind: token.kind, isSameToken: isSame))
        for (id, _) in waiters.take(where: { $0.accepts(token) }) { outbox.append(.resume(id, .success(token))) }
    }

    /// R9: an issuer that hands out the same token, or one already due, is not asked again at once.
    ///
    /// "No later" allows for rounding, in proportion: the next token of two seconds ends only one second later.
    private func holdOff(
        for token: AccessToken, after previous: AccessToken?, isSame: Bool, at now: TokenTime
    ) -> Instant? {
        guard let schedule = token.schedule, let remaining = token.remaining(at: now) else { return nil }
        let end = token.fetchedAt.instant + schedule.lifetime
        let isNoLater =
            previous.map { old in
                guard let lifetime = old.schedule?.lifetime, !old.hasEnded(at: now) else { return false }
                return end <= old.fetchedAt.instant + lifetime + min(.seconds(1), schedule.lifetime / 10)
            } ?? false
        let isDueAtBirth = token.age(at: now) >= schedule.renewAfter
        guard isSame || isNoLater || isDueAtBirth else { return nil }
        return now.instant + max(.seconds(5), remaining / 3)
    }

    private mutating func failed(_ ended: Flight, _ failure: TokenFetchFailure, at now: TokenTime, draw: Double) {
        backoff.failed(failure, at: now.instant, draw: draw)
        if ended.trigger == .forced { coolDown.failed() }
        suspect = nil
        lastFailure = LastFailure(failure: failure, at: now)
        counters.failed[ended.trigger, default: 0] += 1
        let next = attemptExpected(at: now)
        report(ended, at: now, .failed(failure, retryIn: next - now.instant))
        let usable = current.flatMap { $0.hasEnded(at: now) ? nil : $0 }
        let isShort = next - now.instant <= Self.shortWait
        let mayRetry = mayRetryForced(at: next)
        // Those that neither can use the current token nor will see the next attempt soon.
        let taken = waiters.take { waiter in
            usable.map(waiter.accepts) ?? false || !isShort || waiter.limit <= next
                || waiter.patience <= 0 || waiter.isReplay && !mayRetry
        }
        waiters.losePatience()
        for (id, waiter) in taken {
            if let usable, waiter.accepts(usable) {
                outbox.append(.resume(id, .success(usable)))
            } else {
                refuse(id, .failed(failure), retryAt: next, now: now)
            }
        }
    }

    private mutating func report(_ ended: Flight, at now: TokenTime, _ result: TokenRenewalReport.Result) {
        let duration = now.instant - ended.startedAt.instant
        outbox.append(
            .report(
                .renewal(
                    TokenRenewalReport(
                        trigger: ended.trigger, duration: duration, generation: current?.generation ?? 0,
                        result: result))))
    }
}
