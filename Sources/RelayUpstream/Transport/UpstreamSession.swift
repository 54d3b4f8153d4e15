// SPDX-License-Identifier: Apache-2.0
import Foundation
import FoundationNetworking

/// A loop's URLSession with its streaming delegate, which hands each piece on to the call it belongs to.
///
/// `@unchecked`: URLSession wants a Sendable delegate. All of this is touched on the loop thread only: the protocol
/// objects call their client there, and `InlineQueue` runs the delegate where the client is called. The callbacks that
/// come from URLSession's own queue (invalidated, a task cancelled before it had a lane) are not implemented here.
final class UpstreamSession: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private var session: URLSession?
    private var lanes: [Int: UpstreamLane] = [:]
    /// The lane whose client is being told something; URLSession tells the delegate within that.
    private var told: UpstreamLane?

    override init() {
        super.init()
        let configuration = URLSessionConfiguration.ephemeral
        configuration.protocolClasses = [CurlURLProtocol.self]
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        session = URLSession(configuration: configuration, delegate: self, delegateQueue: InlineQueue())
    }

    /// Makes and starts a task; waits for URLSession's queue to note it, some 50 to 100 µs.
    ///
    /// Nil if URLSession does not make the protocol object while `resume()` is on the stack, as it always has.
    func openLane(_ kind: LaneKind) -> UpstreamLane? {
        guard let session else { return nil }
        let task = session.dataTask(with: kind.request)
        let made = MadeProtocol()
        CurlURLProtocol.$made.withValue(made) { task.resume() }
        guard let loading = made.loading else {
            task.cancel()
            return nil
        }
        let lane = UpstreamLane(kind, task, loading, self)
        lanes[task.taskIdentifier] = lane
        return lane
    }

    /// Completes the lane's task for good; waits for URLSession's queue to forget it.
    ///
    /// Only that queue may change the session's register of tasks, and this thread reads it for each piece and each
    /// completion: so opening and closing both wait until the queue is done with one task.
    func close(_ lane: UpstreamLane) {
        lane.end()
        lane.forgetPiece()
        lane.loading.client?.urlProtocolDidFinishLoading(lane.loading)
        lanes[lane.task.taskIdentifier] = nil
        // On a task that is over it does nothing but take its turn in the queue.
        lane.task.resume()
    }

    /// Lets the session go, which else keeps itself alive.
    func invalidate() {
        for lane in Array(lanes.values) { close(lane) }
        session?.finishTasksAndInvalidate()
        session = nil
    }

    /// Tells URLSession of `lane`, and so, within this, the delegate.
    func telling(of lane: UpstreamLane, _ tell: () -> Void) {
        let outer = told
        told = lane
        tell()
        told = outer
    }

    // MARK: Delegate

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        if let response = response as? RawResponse { told?.call?.responded(response.head) }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        told?.call?.delivered(data.span)
    }
}
