// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Bytes of request bodies that all loops together may hold.
///
/// **Isolation**: any thread.
package final class ByteBudget: Sendable {
    private let used = Atomic<Int>(0)
    package let limit: Int

    package init(limit: Int) { self.limit = limit }

    /// Takes `count` more; false, and nothing taken, if they do not fit.
    package func take(_ count: Int) -> Bool {
        let after = used.add(count, ordering: .relaxed).newValue
        if after <= limit { return true }
        used.subtract(count, ordering: .relaxed)
        return false
    }

    package func give(_ count: Int) { used.subtract(count, ordering: .relaxed) }

    package var inUse: Int { used.load(ordering: .relaxed) }
}

/// Client connections of all loops together.
///
/// **Isolation**: any thread.
package final class ConnectionCount: Sendable {
    private let open = Atomic<Int>(0)
    package let limit: Int
    /// Connections beyond the limit that are told so; further ones are closed without a word.
    static let courtesy = 64

    package enum Verdict: Sendable { case serve, refuse, close }

    package init(limit: Int) { self.limit = limit }

    /// Counts one more connection in, unless it is to be closed.
    package func enter() -> Verdict {
        let count = open.add(1, ordering: .relaxed).newValue
        if count <= limit { return .serve }
        if count <= limit + Self.courtesy { return .refuse }
        leave()
        return .close
    }

    package func leave() { open.subtract(1, ordering: .relaxed) }
}
