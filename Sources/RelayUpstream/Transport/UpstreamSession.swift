// SPDX-License-Identifier: Apache-2.0
import Foundation
import FoundationNetworking
import RelayLoop
import Synchronization

/// One URLSession, its streaming delegate, and at most one live task.
///
/// At most one, since a protocol client reads the session's task registry, which only the session's own queue may
/// change: with a single task, the next `dataTask(with:)` waits behind the removal of the last.
///
/// `@unchecked`: URLSession wants a Sendable delegate. `call` is touched on the loop thread only; the one callback that
/// arrives elsewhere, the completion of a cancelled task, reads only the atomic and constants.
final class UpstreamSession: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    let id: Int
    private let mailbox: Mailbox<TransferMessage>
    private let isCancelled = Atomic(false)
    private var session: URLSession?
    /// The call in progress.
    ///
    /// Loop thread.
    var call: UpstreamCall?

    init(id: Int, mailbox: Mailbox<TransferMessage>) {
        (self.id, self.mailbox) = (id, mailbox)
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

    /// Loop thread, before its task is resumed.
    func begin(_ call: UpstreamCall) {
        self.call = call
        isCancelled.store(false, ordering: .relaxed)
    }

    /// Loop thread; the session has no other live task.
    func makeTask(_ request: URLRequest) -> URLSessionDataTask? { session?.dataTask(with: request) }

    /// Ends the task; its completion comes back through the mailbox.
    ///
    /// Loop thread, with the transfer off libcurl.
    func cancel(_ task: URLSessionTask) {
        call = nil
        isCancelled.store(true, ordering: .releasing)
        task.cancel()
    }

    /// Lets the session go for good.
    ///
    /// Loop thread, with no live task.
    func invalidate() {
        session?.finishTasksAndInvalidate()
        session = nil
    }

    // MARK: Delegate; on the loop thread, but for the completion of a cancelled task

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        if let response = response as? RawResponse { call?.responded(response.head) }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        call?.delivered(data)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        if isCancelled.load(ordering: .acquiring) {
            mailbox.post(.cancelled(sessionID: id))
        } else {
            call?.completed()
        }
    }
}
