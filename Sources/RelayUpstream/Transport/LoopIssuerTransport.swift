// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayLoop

/// Issuer calls through the relay's own transport, from any thread: posted to a loop, answered by continuation.
package struct LoopIssuerTransport: IssuerTransport {
    let mailbox: Mailbox<IssuerFetch>
    let profile: TransportProfile

    package func send(_ request: IssuerRequest) async throws(IssuerTransportError) -> IssuerResponse {
        let result = await withCheckedContinuation { continuation in
            let fetch = IssuerFetch(request: request, profile: profile, continuation: continuation)
            if !mailbox.post(fetch) {
                continuation.resume(returning: .failure(IssuerTransportError(.cancelled, detail: "shutting down")))
            }
        }
        return try result.get()
    }
}

/// One issuer call on its way to a loop.
struct IssuerFetch: Sendable {
    let request: IssuerRequest
    let profile: TransportProfile
    let continuation: CheckedContinuation<Result<IssuerResponse, IssuerTransportError>, Never>

    /// Loop thread.
    func begin(on transport: UpstreamTransport, _ loop: EventLoop) {
        var fields = FieldSection()
        for (name, value) in request.fields { fields.append(name: name, value: value) }
        if !fields.contains("accept-encoding") { fields.append(name: "Accept-Encoding", value: "identity") }
        let body = request.body.map { bytes in
            let stable = StableBytes(capacity: bytes.count)
            stable.append(bytes.span)
            return stable
        }
        let collector = IssuerCollector(self, loop)
        let upstream = UpstreamRequest(
            method: request.method, url: request.url, publicURL: "http://issuer.invalid/", fields: fields, body: body,
            profile: profile, repeatsWhenStale: true)
        collector.begin(transport.start(upstream, collector))
    }
}

/// Gathers the answer of one issuer call, within its size and its time.
///
/// **Isolation**: its loop.
private final class IssuerCollector: UpstreamHandler, DeadlineHandler {
    private let fetch: IssuerFetch
    private let loop: EventLoop
    private var call: UpstreamCall?
    private var deadline: DeadlineID?
    private var head: UpstreamHead?
    private var body: [UInt8] = []
    private var isOver = false

    init(_ fetch: IssuerFetch, _ loop: EventLoop) { (self.fetch, self.loop) = (fetch, loop) }

    func begin(_ call: UpstreamCall) {
        self.call = call
        deadline = loop.schedule(at: loop.now + fetch.request.timeout, self)
    }

    func upstreamConnected() {}

    func upstreamResponded(_ head: UpstreamHead) { self.head = head }

    func upstreamDelivered(_ piece: Span<UInt8>) {
        guard body.count + piece.count <= fetch.request.maximumBody else {
            return finish(
                .failure(IssuerTransportError(.tooLarge, detail: "answer over \(fetch.request.maximumBody) bytes")))
        }
        body.append(copying: piece)
    }

    func upstreamEnded(_ failure: UpstreamFailure?) {
        if let failure {
            return finish(.failure(IssuerTransportError(Self.kind(failure.kind), detail: failure.detail)))
        }
        guard let head else { return finish(.failure(IssuerTransportError(.badResponse, detail: "no head"))) }
        let fields = head.fields.map { (name: $0.name, value: $0.value) }
        finish(.success(IssuerResponse(status: head.status, fields: fields, body: body)))
    }

    func deadlineReached() {
        deadline = nil
        finish(
            .failure(
                IssuerTransportError(.timeout, detail: "no answer within \(fetch.request.timeout.milliseconds) ms")))
    }

    private func finish(_ result: Result<IssuerResponse, IssuerTransportError>) {
        guard !isOver else { return }
        isOver = true
        if let deadline { loop.cancel(deadline) }
        call?.cancel()
        call = nil
        fetch.continuation.resume(returning: result)
    }

    private static func kind(_ kind: UpstreamFailure.Kind) -> IssuerTransportError.Kind {
        switch kind {
        case .unresolved: .unresolved
        case .refused, .unreachable: .refused
        case .connectTimeout: .timeout
        case .tls: .tls
        case .proxy: .proxy
        case .staleConnection, .reset, .truncated, .outOfResources: .reset
        case .badResponse: .badResponse
        }
    }
}
