// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import RelayLoop

extension ClientConnection {
    /// One alarm a connection, set to the earliest of its deadlines.
    ///
    /// Deadlines move later without touching it: when it rings too early it is set anew, so that a piece on its way
    /// costs one store.
    func updateAlarm() {
        guard !isClosed else { return }
        let wanted = min(readDeadline, writeDeadline, exchange?.deadline ?? .distantFuture)
        if let alarm {
            if alarm.at <= wanted { return }
            server.loop.cancel(alarm.id)
        }
        alarm = wanted == .distantFuture ? nil : (server.loop.schedule(at: wanted, self), wanted)
    }

    func deadlineReached() {
        alarm = nil
        if now >= writeDeadline, !isTaking() {
            exchange?.clientLeft(.clientWriteTimeout)
            close()
        } else if now >= readDeadline {
            readTimedOut()
        }
        if let exchange, now >= exchange.deadline { exchange.deadlineReached() }
        updateAlarm()
        server.flush()
    }

    /// Looks whether the client takes anything, and when to look next.
    private func isTaking() -> Bool {
        guard var watch else { return true }
        let isTaking = watch.isTaking(untaken: SystemCalls.untakenBytes(descriptor), at: now)
        (self.watch, writeDeadline) = (watch, watch.nextLook)
        return isTaking
    }

    private func readTimedOut() {
        readDeadline = .distantFuture
        switch readPhase {
        case .first, .next, .lingering: close()
        case .head, .body:
            if exchange?.isAnswered ?? false { close() } else { refuse(.requestTimeout) }
        case .nothing: break
        }
    }
}
