// SPDX-License-Identifier: Apache-2.0

import RelayBase
import Testing

@testable import RelayServer

@Suite struct LingerTests {
    private let start = Instant(nanoseconds: 1_000)

    @Test func `A silent client is waited for two seconds`() {
        #expect(Linger(from: start).deadline == start + .seconds(2))
    }

    @Test func `One that goes on sending is waited for, thirty seconds at most`() {
        var linger = Linger(from: start)
        linger.bytesArrived(at: start + .seconds(1))
        #expect(linger.deadline == start + .seconds(3))
        linger.bytesArrived(at: start + .milliseconds(2_900))
        #expect(linger.deadline == start + .milliseconds(4_900))
        linger.bytesArrived(at: start + .seconds(29))
        #expect(linger.deadline == start + .seconds(30))
    }
}
