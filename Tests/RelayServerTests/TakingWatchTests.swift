// SPDX-License-Identifier: Apache-2.0

import RelayBase
import Testing

@testable import RelayServer

@Suite struct TakingWatchTests {
    private let start = Instant(nanoseconds: 1_000)

    /// Looks whenever the watch wants to, for at most 100 times the limit.
    ///
    /// - Returns: when it gave up, in units of the limit; nil if it did not.
    private func end(untaken: (_ look: Int) -> Int) -> Double? {
        let limit = Duration.seconds(8)
        var watch = TakingWatch(limit: limit, untaken: 1_000_000, at: start)
        for look in 1...800 {
            let now = watch.nextLook
            guard watch.isTaking(untaken: untaken(look), at: now) else { return (now - start).seconds / limit.seconds }
            guard watch.nextLook > now else { return nil }
        }
        return nil
    }

    @Test func `A client that takes nothing has its time and no more`() {
        #expect(end { _ in 1_000_000 } == 1)
    }

    @Test func `What is still on its way after the write costs an eighth`() {
        #expect(end { _ in 999_000 } == 1.125)
    }

    @Test func `One that takes a byte now and then is waited for`() {
        #expect(end { look in 1_000_000 - look / 7 } == nil)
    }

    @Test func `One that stops has its time from then`() {
        #expect(end { look in 1_000_000 - min(look, 16) } == 3)
    }
}
