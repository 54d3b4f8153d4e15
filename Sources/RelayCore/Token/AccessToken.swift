// SPDX-License-Identifier: Apache-2.0
import RelayBase

/// A token in use: its value, its number, and when it ends.
///
/// Prints redacted.
package final class AccessToken: Sendable {
    package let value: Secret
    /// Counts adoptions from 1, strictly increasing; a refused request names the generation it was sent with.
    package let generation: UInt64
    /// The first of the generations in a row that brought this very value: a refusal of any of them refuses it.
    package let firstGeneration: UInt64
    /// The moment before its fetch began, where its ages count from.
    package let fetchedAt: TokenTime
    /// Nil: it has no end of its own.
    package let schedule: TokenSchedule?
    package let kind: TokenGrant.Kind

    package init(
        value: Secret, generation: UInt64, firstGeneration: UInt64, fetchedAt: TokenTime, schedule: TokenSchedule?,
        kind: TokenGrant.Kind
    ) {
        (self.value, self.generation, self.firstGeneration) = (value, generation, firstGeneration)
        (self.fetchedAt, self.schedule, self.kind) = (fetchedAt, schedule, kind)
    }

    package func age(at now: TokenTime) -> Duration { now.elapsed(since: fetchedAt) }

    /// Time until the end, zero when over; nil without an end.
    package func remaining(at now: TokenTime) -> Duration? {
        schedule.map { max(.zero, $0.lifetime - age(at: now)) }
    }

    package func hasEnded(at now: TokenTime) -> Bool {
        schedule.map { age(at: now) >= $0.lifetime } ?? false
    }

    package func phase(at now: TokenTime) -> TokenPhase {
        guard let schedule else { return .fresh }
        let age = age(at: now)
        if age < schedule.renewAfter { return .fresh }
        if age < schedule.blockAfter { return .stale }
        return age < schedule.lifetime ? .last : .expired
    }
}

/// Where the current token stands in its life.
package enum TokenPhase: String, CaseIterable, Hashable, Sendable {
    /// No token has been had yet.
    case never
    /// Use it.
    case fresh
    /// Use it, and renew it behind the request.
    case stale
    /// Wait for the renewal; use it if that fails.
    case last
    /// Never send it.
    case expired
}
