// SPDX-License-Identifier: Apache-2.0
import RelayBase

/// Upstream calls at once, over all loops, with a bounded first-in-first-out queue.
///
/// **Isolation**: any thread; one short lock when an exchange begins and one when it ends.
package final class ConcurrencyGate: Sendable {
    package enum Entry: Equatable, Sendable {
        case granted
        /// The place will be given through `grant`; `leave` with this number if the wait is over before.
        case queued(UInt64)
        case full
    }

    private struct Waiter: Sendable {
        let number: UInt64
        let grant: @Sendable () -> Void
    }

    private struct State: Sendable {
        var used = 0
        var waiting = FIFO<Waiter>()
        var lastNumber: UInt64 = 0
    }

    private let limit: Int
    private let places: Int
    private let state = Lock(State())

    package init(limit: Int, places: Int) { (self.limit, self.places) = (max(1, limit), places) }

    /// Takes a place, or a place in the queue.
    ///
    /// - Parameter grant: called on whatever thread gives its place back; it only posts.
    package func enter(_ grant: @escaping @Sendable () -> Void) -> Entry {
        state.withLock { state in
            if state.used < limit {
                state.used += 1
                return .granted
            }
            guard state.waiting.count < places else { return .full }
            state.lastNumber += 1
            state.waiting.append(Waiter(number: state.lastNumber, grant: grant))
            return .queued(state.lastNumber)
        }
    }

    /// Leaves the queue.
    ///
    /// - Returns: false if the place has just been granted: then it must be given back with `release`.
    package func leave(_ number: UInt64) -> Bool {
        state.withLock { $0.waiting.removeFirst { $0.number == number } != nil }
    }

    /// Gives a place to the one that has waited longest.
    package func release() {
        let next: Waiter? = state.withLock { state in
            if let next = state.waiting.popFirst() { return next }
            state.used -= 1
            return nil
        }
        next?.grant()
    }

    package var waitingCount: Int { state.withLock { $0.waiting.count } }
}
