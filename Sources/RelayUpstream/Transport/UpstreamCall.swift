// SPDX-License-Identifier: Apache-2.0
import RelayLoop

/// One call to upstream, from start to end.
///
/// **Isolation**: its loop.
package final class UpstreamCall {
    private let handler: any UpstreamHandler
    /// Ended or cancelled: nothing more is told.
    private(set) var isOver = false
    private var request: UpstreamRequest
    private unowned let transport: UpstreamTransport
    private var lane: UpstreamLane?
    private var transfer: CurlTransfer?
    private var isPaused = false
    /// Why it could not even begin.
    private var failure: UpstreamFailure?

    init(
        _ request: UpstreamRequest, _ handler: any UpstreamHandler, _ transport: UpstreamTransport,
        _ lane: UpstreamLane?
    ) {
        (self.request, self.handler, self.transport, self.lane) = (request, handler, transport, lane)
    }

    /// Ends the call.
    ///
    /// Nothing more is heard of it; upstream sees its connection closed within this turn of the loop.
    package func cancel() {
        guard !isOver else { return }
        isOver = true
        transport.curl.afterCallbacks { [self] in
            transfer?.abandon()
            transfer = nil
            leaveLane()
        }
    }

    /// Stops reading from upstream until `resume()`; what libcurl has already read, one buffer, is kept there.
    package func pause() {
        guard !isPaused, !isOver else { return }
        isPaused = true
        transfer?.setPaused(true)
    }

    package func resume() {
        guard isPaused, !isOver else { return }
        isPaused = false
        transfer?.setPaused(false)
    }

    /// How far the making of a connection has come, for the log.
    package var connectStage: String { transfer?.connectStage ?? "before there was an address" }

    /// Lets the request's body go once an answer has begun, so that a long answer does not hold on to it.
    ///
    /// - Returns: false if some of it has yet to be sent: it is kept to the end of the call.
    package func releaseBody() -> Bool {
        guard transfer?.releaseBody() ?? true else { return false }
        request.body = nil
        return true
    }

    /// Hands the request to libcurl; whatever comes of it, the handler hears of it only later.
    func begin() {
        guard let lane else { return fail(UpstreamFailure(.outOfResources, detail: "no URLSession task")) }
        lane.begin(self)
        let transfer = CurlTransfer(request, lane, self)
        guard transport.curl.add(transfer) else {
            return fail(UpstreamFailure(.outOfResources, detail: "libcurl took no transfer"))
        }
        self.transfer = transfer
    }

    private func fail(_ failure: UpstreamFailure) {
        self.failure = failure
        transport.soon(self)
    }

    func connected() { if !isOver { handler.upstreamConnected() } }

    func responded(_ head: UpstreamHead) { if !isOver { handler.upstreamResponded(head) } }

    func delivered(_ piece: Span<UInt8>) { if !isOver { handler.upstreamDelivered(piece) } }

    /// libcurl is done with the transfer.
    func transferEnded(_ failure: UpstreamFailure?) {
        transfer = nil
        guard !isOver else { return }
        isOver = true
        leaveLane()
        handler.upstreamEnded(failure)
    }

    private func leaveLane() {
        if let lane { transport.lanes.rest(lane) }
        lane = nil
    }
}

extension UpstreamCall: DeadlineHandler {
    package func deadlineReached() {
        transferEnded(failure)
        transport.curl.afterEvents()
    }
}
