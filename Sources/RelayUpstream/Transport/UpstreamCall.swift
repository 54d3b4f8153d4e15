// SPDX-License-Identifier: Apache-2.0
import Foundation
import FoundationNetworking

/// One call to upstream, from start to end.
///
/// **Isolation**: its loop.
package final class UpstreamCall {
    private var request: UpstreamRequest
    let handler: any UpstreamHandler
    private unowned let transport: UpstreamTransport
    private let session: UpstreamSession
    private var task: URLSessionDataTask?
    private var transfer: CurlTransfer?
    private var failure: UpstreamFailure?
    private var isPaused = false
    private var hasCompleted = false
    /// Ended or cancelled: nothing more is told.
    private(set) var isOver = false

    init(
        _ request: UpstreamRequest, _ handler: any UpstreamHandler, _ transport: UpstreamTransport,
        _ session: UpstreamSession
    ) {
        (self.request, self.handler, self.transport, self.session) = (request, handler, transport, session)
    }

    /// Ends the call.
    ///
    /// Nothing more is heard of it; upstream sees its connection closed within this turn of the loop.
    package func cancel() {
        guard !isOver else { return }
        isOver = true
        // First off libcurl, so that the protocol never calls its client again, then off URLSession: the other order
        // finds a task that its session has already forgotten, and traps.
        transport.curl.afterCallbacks { [self] in
            transfer?.abandon()
            transfer = nil
            guard let task else { return }
            self.task = nil
            transport.forget(task)
            session.cancel(task)
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

    /// Lets the request's body go once an answer has begun, so that a long answer does not hold on to it.
    ///
    /// - Returns: false if some of it has yet to be sent: it is kept to the end of the call.
    package func releaseBody() -> Bool {
        guard transfer?.releaseBody() ?? true else { return false }
        request.body = nil
        return true
    }

    func begin(_ task: URLSessionDataTask) {
        self.task = task
        task.resume()
    }

    /// URLSession has given the word: hands the request to libcurl.
    func start(_ loading: CurlURLProtocol) {
        guard !isOver else { return }
        let transfer = CurlTransfer(request, loading, self)
        self.transfer = transfer
        transport.curl.add(transfer)
        transport.prepareNext(like: request)
        if isPaused { transfer.setPaused(true) }
    }

    func connected() { if !isOver { handler.upstreamConnected() } }

    func responded(_ head: UpstreamHead) { if !isOver { handler.upstreamResponded(head) } }

    func delivered(_ piece: Data) { if !isOver { handler.upstreamDelivered(piece) } }

    /// libcurl is done with the transfer: tells URLSession, which tells the delegate at once, on this thread.
    func transferEnded(_ failure: UpstreamFailure?, _ loading: CurlURLProtocol) {
        transfer = nil
        guard !isOver else { return }
        self.failure = failure
        if failure == nil {
            loading.client?.urlProtocolDidFinishLoading(loading)
        } else {
            loading.client?.urlProtocol(loading, didFailWithError: URLError(.networkConnectionLost))
        }
        // Only now has URLSession given word to forget the task: a call that the handler has started meanwhile must not
        // share the session with it.
        if hasCompleted { transport.returned(session) }
    }

    /// URLSession has completed the task.
    func completed() {
        guard !isOver else { return }
        isOver = true
        hasCompleted = true
        session.call = nil
        if let task { transport.forget(task) }
        task = nil
        handler.upstreamEnded(failure)
    }
}
