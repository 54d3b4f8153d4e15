// SPDX-License-Identifier: Apache-2.0
package import RelayBase
package import RelayCore
import RelayLoop

/// The clocks the token lives by; tests set them by hand.
package protocol TokenClock: Sendable {
    func now() -> TokenTime

    /// Returns at `deadline` or later.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func sleep(until deadline: Instant) async throws
}

/// The machine's clocks.
package struct SystemTokenClock: TokenClock {
    package init() {}

    package func now() -> TokenTime {
        TokenTime(instant: MonotonicClock.now, wallNanoseconds: MonotonicClock.wallNanoseconds)
    }

    package func sleep(until deadline: Instant) async throws {
        let left = deadline - MonotonicClock.now
        if left > .zero { try await Task.sleep(for: left, clock: .continuous) }
    }
}
