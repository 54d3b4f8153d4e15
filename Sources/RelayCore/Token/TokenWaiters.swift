// SPDX-License-Identifier: Apache-2.0
import RelayBase

/// One request that waits for a token.
struct TokenWaiter {
    /// Only a token of a later generation helps; 0: any.
    var after: UInt64
    /// It was refused once and waits to be sent again.
    var isReplay: Bool
    /// So many failed fetches it still outwaits, if the next attempt is near.
    var patience: Int
    var limit: Instant

    func accepts(_ token: AccessToken) -> Bool { token.generation > after }
}

/// The requests that wait, each by its number.
///
/// Taking one out is the only way to answer it, hence once.
struct TokenWaiters {
    private var waiters: [UInt64: TokenWaiter] = [:]
    /// No limit lies before it; it may lie before them all.
    private(set) var earliestLimit: Instant = .distantFuture

    var isEmpty: Bool { waiters.isEmpty }
    var count: Int { waiters.count }
    var areReplays: Bool { waiters.values.allSatisfy(\.isReplay) }

    mutating func insert(_ waiter: TokenWaiter, as id: UInt64) {
        waiters[id] = waiter
        earliestLimit = min(earliestLimit, waiter.limit)
    }

    /// False if it was answered before.
    @discardableResult
    mutating func remove(_ id: UInt64) -> Bool {
        defer { if waiters.isEmpty { earliestLimit = .distantFuture } }
        return waiters.removeValue(forKey: id) != nil
    }

    /// A fetch has failed, and these have outwaited it.
    mutating func losePatience() {
        for id in waiters.keys where waiters[id]?.patience ?? 0 > 0 { waiters[id]?.patience -= 1 }
    }

    /// Takes out those that `isTaken` names, in the order of their numbers.
    mutating func take(where isTaken: (TokenWaiter) -> Bool) -> [(id: UInt64, waiter: TokenWaiter)] {
        let taken = waiters.filter { isTaken($0.value) }.sorted { $0.key < $1.key }
        for (id, _) in taken { waiters[id] = nil }
        earliestLimit = waiters.values.reduce(.distantFuture) { min($0, $1.limit) }
        return taken.map { (id: $0.key, waiter: $0.value) }
    }
}
