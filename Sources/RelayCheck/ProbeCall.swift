// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayCore
import RelayLoop
import RelayUpstream

/// One call to make: as `UpstreamRequest`, but fit to cross threads.
struct ProbeCall: Sendable {
    var method: String
    var url: Secret
    /// Without a token in its query.
    var publicURL: String
    var fields: FieldSection
    var body: [UInt8]?
    var profile: TransportProfile
    /// Of the whole call.
    var limit: Duration
}

/// What one call brought.
struct ProbeAnswer: Sendable {
    var head: UpstreamHead?
    var body: [UInt8] = []
    var timeline: StreamTimeline
    var failure: UpstreamFailure?
    /// The limit passed first.
    var isTimedOut = false
    var isConnected = false

    init(failure: UpstreamFailure?, at now: Instant) {
        self.failure = failure
        timeline = StreamTimeline(startedAt: now)
    }

    var answer: CheckAnswer? { head.map { CheckAnswer(status: $0.status, fields: $0.fields, body: body) } }
}

/// One call on its way to the loop.
struct ProbeRequest: Sendable {
    let call: ProbeCall
    let continuation: CheckedContinuation<ProbeAnswer, Never>

    /// Loop thread.
    func begin(on transport: UpstreamTransport, _ loop: EventLoop) {
        let body = call.body.map { bytes in
            let stable = StableBytes(capacity: bytes.count)
            stable.append(bytes.span)
            return stable
        }
        let request = UpstreamRequest(
            method: call.method, url: call.url.reveal, publicURL: call.publicURL, fields: call.fields, body: body,
            profile: call.profile)
        let collector = ProbeCollector(self, loop)
        collector.begin(transport.start(request, collector))
    }
}

/// Gathers one answer with the times of its pieces.
///
/// **Isolation**: its loop.
private final class ProbeCollector: UpstreamHandler, DeadlineHandler {
    /// More of an answer is not kept: enough for a long list of models.
    private static let maximumBody = 8 << 20

    private let request: ProbeRequest
    private let loop: EventLoop
    private var answer: ProbeAnswer
    private var call: UpstreamCall?
    private var deadline: DeadlineID?
    private var isOver = false

    init(_ request: ProbeRequest, _ loop: EventLoop) {
        (self.request, self.loop) = (request, loop)
        answer = ProbeAnswer(failure: nil, at: MonotonicClock.now)
    }

    func begin(_ call: UpstreamCall) {
        guard !isOver else { return }
        self.call = call
        deadline = loop.schedule(at: loop.now + request.call.limit, self)
    }

    func upstreamConnected() { answer.isConnected = true }
    func upstreamResponded(_ head: UpstreamHead) { answer.head = head }

    func upstreamDelivered(_ piece: Span<UInt8>) {
        var bytes: [UInt8] = []
        bytes.append(copying: piece)
        answer.timeline.received(bytes, at: MonotonicClock.now)
        if answer.body.count + bytes.count <= Self.maximumBody { answer.body += bytes }
    }

    func upstreamEnded(_ failure: UpstreamFailure?) { finish(failure) }

    func deadlineReached() {
        deadline = nil
        answer.isTimedOut = true
        call?.cancel()
        finish(UpstreamFailure(.connectTimeout))
    }

    private func finish(_ failure: UpstreamFailure?) {
        guard !isOver else { return }
        isOver = true
        if let deadline { loop.cancel(deadline) }
        (call, deadline) = (nil, nil)
        answer.failure = failure
        request.continuation.resume(returning: answer)
    }
}

extension UpstreamFailure {
    /// The kinds that findings know.
    var checkKind: TokenFetchFailure.Transport {
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
