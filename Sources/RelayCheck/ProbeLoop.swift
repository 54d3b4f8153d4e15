// SPDX-License-Identifier: Apache-2.0
// RelayCheck runs `tokenrelay check` and `tokenrelay token`: it asks, RelayCore/Check judges.
//   CheckRun       the steps in order; CheckRun+…: one group of steps each
//   ProbeLoop      the relay's own transport on a loop of its own, as `serve` has it
//   TokenBroker    keeps a token file new
import RelayBase
import RelayCore
package import RelayLoop
package import RelayUpstream

/// One event loop with the relay's transport on it, driven from asynchronous code.
package final class ProbeLoop: Sendable {
    private enum Message: Sendable {
        case call(ProbeRequest)
        case stop
    }

    private let mailbox: Mailbox<Message>
    private let thread: LoopThread
    private let door: Lock<OpenDoor>

    private struct OpenDoor: Sendable {
        var transport: LoopIssuerTransport?
        var waiting: [CheckedContinuation<LoopIssuerTransport?, Never>] = []
        var isSettled = false
    }

    /// - Throws: `EMFILE` or `EAGAIN` when the process may have no more descriptors or threads.
    package init(issuerProfile: TransportProfile) throws(SystemCallError) {
        let mailbox = try Mailbox<Message>()
        let door = Lock(OpenDoor())
        (self.mailbox, self.door) = (mailbox, door)
        thread = try LoopThread(name: "check") {
            guard let loop = try? EventLoop(), let transport = try? UpstreamTransport(loop: loop, idleConnections: 16)
            else { return Self.settle(door, nil) }
            let attached: Void? = try? loop.attach(mailbox) { message in
                switch message {
                case .call(let request): request.begin(on: transport, loop)
                case .stop: loop.stop()
                }
            }
            guard attached != nil else { return Self.settle(door, nil) }
            Self.settle(door, transport.makeIssuerTransport(issuerProfile))
            loop.run()
        }
    }

    private static func settle(_ door: Lock<OpenDoor>, _ transport: LoopIssuerTransport?) {
        let waiting = door.withLock { door in
            (door.transport, door.isSettled) = (transport, true)
            defer { door.waiting = [] }
            return door.waiting
        }
        for continuation in waiting { continuation.resume(returning: transport) }
    }

    /// Ends the loop and waits for its thread; call it once, with no call in progress.
    package func stop() {
        mailbox.post(.stop)
        thread.join()
    }

    /// The way to the issuer, once the loop runs; nil if it could not start.
    private func issuerTransport() async -> LoopIssuerTransport? {
        await withCheckedContinuation { continuation in
            let settled: LoopIssuerTransport?? = door.withLock { door in
                if door.isSettled { return .some(door.transport) }
                door.waiting.append(continuation)
                return nil
            }
            if let settled { continuation.resume(returning: settled) }
        }
    }

    /// Makes one call and returns everything it brought.
    func call(_ request: ProbeCall) async -> ProbeAnswer {
        await withCheckedContinuation { continuation in
            if !mailbox.post(.call(ProbeRequest(call: request, continuation: continuation))) {
                continuation.resume(
                    returning: ProbeAnswer(failure: UpstreamFailure(.reset, detail: "stopped"), at: MonotonicClock.now))
            }
        }
    }
}

extension ProbeLoop: IssuerTransport {
    package func send(_ request: IssuerRequest) async throws(IssuerTransportError) -> IssuerResponse {
        guard let transport = await issuerTransport() else {
            throw IssuerTransportError(.cancelled, detail: "the event loop did not start")
        }
        return try await transport.send(request)
    }
}
