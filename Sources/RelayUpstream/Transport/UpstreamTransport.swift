// SPDX-License-Identifier: Apache-2.0
import Foundation
import FoundationNetworking
import RelayBase
package import RelayLoop

/// Makes upstream calls on one loop: a pool of URLSessions above, one libcurl multi handle below.
///
/// **Isolation**: its loop. `mailbox` is the way in for URLSession's own threads.
package final class UpstreamTransport {
    let curl: CurlMulti
    private let loop: EventLoop
    private let mailbox: Mailbox<TransferMessage>
    private var calls: [ObjectIdentifier: UpstreamCall] = [:]
    private var sessions: [Int: UpstreamSession] = [:]
    /// Oldest first: the session that has rested longest has surely cleaned up behind its last task.
    private var idle = FIFO<UpstreamSession>()
    /// Tasks made ahead, for requests of the kind that came last.
    private var prepared: [Prepared] = []
    private var nextID = 0

    private struct Prepared {
        let method: String
        let publicURL: String
        let session: UpstreamSession
        let task: URLSessionDataTask

        func fits(_ request: UpstreamRequest) -> Bool {
            method == request.method && publicURL == request.publicURL
        }
    }

    /// More would only be bound to URLs that may not come again.
    private static let preparedTasks = 8
    private var shown: [String: URLRequest] = [:]
    private var isTrimming = false

    /// Sessions kept although nothing needs them; each holds two descriptors.
    private static let restingSessions = 64
    /// Descriptors that resting sessions hold.
    package static let restingDescriptors = 2 * restingSessions
    private static let trimInterval: Duration = .seconds(30)

    /// - Parameter idleConnections: upstream connections kept open without a request on them.
    package init(loop: EventLoop, idleConnections: Int) throws(SystemCallError) {
        self.loop = loop
        mailbox = try Mailbox()
        curl = try CurlMulti(loop: loop, idleConnections: idleConnections)
        try loop.attach(mailbox) { [unowned self] message in
            receive(message)
            // A call that libcurl would not take has ended on the spot.
            curl.afterEvents()
        }
    }

    /// The door for issuer calls from any thread.
    package func makeIssuerTransport(_ profile: TransportProfile) -> LoopIssuerTransport {
        LoopIssuerTransport(mailbox: mailbox, profile: profile)
    }

    /// Runs `work` each time libcurl has dealt with an event, when all that it brought has been delivered.
    package func afterEvents(_ work: @escaping () -> Void) { curl.afterEvents = work }

    /// Calls that have not ended.
    package var callCount: Int { calls.count }

    /// Starts a call.
    ///
    /// `handler` is kept until the call has ended or was cancelled.
    package func start(_ request: UpstreamRequest, _ handler: any UpstreamHandler) -> UpstreamCall {
        let ready = takePrepared(request)
        let session = ready?.session ?? idle.popFirst() ?? makeSession()
        let call = UpstreamCall(request, handler, self, session)
        session.begin(call)
        guard let task = ready?.task ?? session.makeTask(shownRequest(request)) else { return call }
        let key = ObjectIdentifier(task)
        calls[key] = call
        CurlURLProtocol.owners.withLock { $0[key] = mailbox }
        call.begin(task)
        return call
    }

    private func takePrepared(_ request: UpstreamRequest) -> Prepared? {
        prepared.lastIndex { $0.fits(request) }.map { prepared.remove(at: $0) }
    }

    /// Makes the task of the next call of this kind, while this one waits for upstream.
    ///
    /// URLSession notes a new task on a queue of its own, and resuming the task waits for that note. Made ahead, it has
    /// been noted long before it is needed.
    func prepareNext(like request: UpstreamRequest) {
        if prepared.count >= Self.preparedTasks {
            guard prepared.contains(where: { !$0.fits(request) }) else { return }
            let stale = prepared.removeFirst()
            stale.session.cancel(stale.task)
        }
        guard let session = idle.popFirst() else { return }
        guard let task = session.makeTask(shownRequest(request)) else { return idle.append(session) }
        prepared.append(
            Prepared(method: request.method, publicURL: request.publicURL, session: session, task: task))
    }

    func forget(_ task: URLSessionTask) {
        let key = ObjectIdentifier(task)
        calls[key] = nil
        CurlURLProtocol.owners.withLock { $0[key] = nil }
    }

    /// The session has no live task any more.
    func returned(_ session: UpstreamSession) {
        idle.append(session)
        scheduleTrim()
    }

    private func receive(_ message: TransferMessage) {
        switch message {
        case .started(let loading, let key): calls[key]?.start(loading.value)
        case .cancelled(let id): if let session = sessions[id] { returned(session) }
        case .fetch(let fetch): fetch.begin(on: self, loop)
        }
    }

    private func makeSession() -> UpstreamSession {
        nextID += 1
        let session = UpstreamSession(id: nextID, mailbox: mailbox)
        sessions[nextID] = session
        return session
    }

    /// What URLSession is shown.
    ///
    /// The same few URLs come again and again, and parsing one costs more than the rest of a call's start.
    private func shownRequest(_ request: UpstreamRequest) -> URLRequest {
        var made = shown[request.publicURL]
        if made == nil {
            made = URLRequest(url: URL(string: request.publicURL) ?? URL(filePath: "/"))
            if shown.count >= 256 { shown.removeAll(keepingCapacity: true) }
            shown[request.publicURL] = made
        }
        var result = made ?? URLRequest(url: URL(filePath: "/"))
        if request.method != "GET" { result.httpMethod = request.method }
        return result
    }
}

extension UpstreamTransport: DeadlineHandler {
    private func scheduleTrim() {
        guard !isTrimming, idle.count > Self.restingSessions else { return }
        isTrimming = true
        _ = loop.schedule(at: loop.now + Self.trimInterval, self)
    }

    /// Lets half of the sessions that nobody needs go; the rest with the next round, should the quiet last.
    package func deadlineReached() {
        isTrimming = false
        let surplus = idle.count - Self.restingSessions
        guard surplus > 0 else { return }
        for _ in 0..<(surplus + 1) / 2 {
            guard let session = idle.popLast() else { break }
            sessions[session.id] = nil
            session.invalidate()
        }
        scheduleTrim()
    }
}
