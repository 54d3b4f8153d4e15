// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore

/// The limits of time that exchanges and connections keep, ready to be added to an instant.
struct LoopClocks {
    let queueWait: Interval
    let header: Interval
    let body: Interval
    let keepAlive: Interval
    let connect: Interval
    let firstByte: Interval
    let idle: Interval
    let total: Interval?
    let heartbeat: Interval?
    let clientWrite: Duration

    init(_ clocks: ClockConfiguration) {
        (queueWait, header, body) = (Interval(clocks.queueWait), Interval(clocks.header), Interval(clocks.body))
        (keepAlive, connect) = (Interval(clocks.keepAlive), Interval(clocks.connect))
        (firstByte, idle) = (Interval(clocks.firstByte), Interval(clocks.idle))
        (total, heartbeat) = (clocks.total.map(Interval.init), clocks.heartbeat.map(Interval.init))
        clientWrite = clocks.clientWrite
    }
}
