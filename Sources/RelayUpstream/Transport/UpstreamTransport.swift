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
    private var nextID = 0
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
        let session = idle.popFirst() ?? makeSession()
        let call = UpstreamCall(request, handler, self, session)
        guard let task = session.begin(call, shownRequest(request)) else { return call }
        let key = ObjectIdentifier(task)
        calls[key] = call
        CurlURLProtocol.owners.withLock { $0[key] = mailbox }
        call.begin(task)
        return call
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
