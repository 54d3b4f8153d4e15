// SPDX-License-Identifier: Apache-2.0
package import RelayLoop

/// Makes upstream calls on one loop: URLSession tasks above, one libcurl multi handle below.
///
/// **Isolation**: its loop. `mailbox` is the way in for other threads.
package final class UpstreamTransport {
    let curl: CurlMulti
    let lanes: UpstreamLanes
    private let loop: EventLoop
    private let mailbox: Mailbox<IssuerFetch>

    /// Descriptors it holds besides connections: those of its URLSession.
    package static let ownDescriptors = 2

    /// - Parameter idleConnections: upstream connections kept open without a request on them.
    package init(loop: EventLoop, idleConnections: Int) throws(SystemCallError) {
        self.loop = loop
        mailbox = try Mailbox()
        curl = try CurlMulti(loop: loop, idleConnections: idleConnections)
        lanes = UpstreamLanes(loop: loop)
        try loop.attach(mailbox) { [unowned self] fetch in fetch.begin(on: self, loop) }
    }

    /// The door for issuer calls from any thread.
    package func makeIssuerTransport(_ profile: TransportProfile) -> LoopIssuerTransport {
        LoopIssuerTransport(mailbox: mailbox, profile: profile)
    }

    /// Runs `work` each time libcurl has dealt with an event, when all that it brought has been delivered.
    package func afterEvents(_ work: @escaping () -> Void) { curl.afterEvents = work }

    /// Starts a call.
    ///
    /// `handler` is kept until the call has ended or was cancelled, and hears nothing before this has returned.
    package func start(_ request: UpstreamRequest, _ handler: any UpstreamHandler) -> UpstreamCall {
        let call = UpstreamCall(request, handler, self, lanes.take(for: request))
        call.begin()
        return call
    }

    /// Rings with this turn's deadlines.
    func soon(_ handler: any DeadlineHandler) { _ = loop.schedule(at: loop.now, handler) }
}
