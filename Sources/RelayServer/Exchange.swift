// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayCore
import RelayLoop
import RelayUpstream

/// One request and its answer: obeys `ExchangeStateMachine`, owns everything that has to be given back.
///
/// **Isolation**: loop thread. `close()` runs exactly once on every path; it logs, counts and gives back.
final class Exchange {
    // What each piece of an answer touches stands first and together: among hundreds of streams it is found in memory, not
    // in a cache, and every line that it takes is waited for.
    let server: LoopServer
    /// Strong, since a failed write closes the connection, and takes it out of its server's table, while an exchange is
    /// still on the stack; `ClientConnection.close()` breaks the circle.
    let connection: ClientConnection
    var call: UpstreamCall?
    var framing = ResponseFraming.none
    var remaining: UInt64 = 0
    // Counted here, and put into the record at the end: a number inside a value costs a check at each access.
    var pieces: UInt64 = 0
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    var lastPieceAt = Instant(nanoseconds: 0)
    var phaseDeadline = Instant.distantFuture
    var phase = Phase.none
    /// Reading from upstream is paused, since the client is slow.
    var isPaused = false
    /// The request's last byte has arrived.
    var isWhole = false
    /// The last byte of the answer stands in the connection's buffer.
    var isAnswered = false
    private var isClosed = false
    var machine: ExchangeStateMachine
    var usage: UsageObserver?

    let id: ExchangeID
    let head: RequestHead?
    let requestID: String
    var record: ExchangeRecord
    var target: UpstreamTarget?
    var body: StableBytes?
    private var budgetTaken = 0

    // The way to upstream; see Exchange+Upstream.
    var place = Place.none
    var tokenTask: Task<Void, Never>?
    var token: AccessToken?
    var refusedGeneration: UInt64 = 0
    var upstreamHead: UpstreamHead?
    var held: [UInt8] = []

    // The answer; see Exchange+Answer.
    var isEventStream = false
    var isEncoded = false
    var isCountedAsStream = false
    var boundary: EventStreamBoundary?
    /// With `RELAY_LOG_BODIES` only.
    var captures: BodyCaptures?

    // Time.
    let startedAt: Instant
    var wholeAt: Instant?
    var waitingSince: Instant?
    var calledAt: Instant?
    var totalDeadline = Instant.distantFuture
    var heartbeatDeadline = Instant.distantFuture

    enum Place: Equatable { case none, queued(UInt64), held }

    /// Which clock `phaseDeadline` belongs to.
    enum Phase: Equatable { case none, queue, connect, firstByte, idle, retry }

    var clocks: LoopClocks { server.clocks }
    var now: Instant { server.loop.now }
    var isHead: Bool { head?.method == "HEAD" }

    convenience init(_ head: RequestHead, _ connection: ClientConnection) {
        self.init(
            head, connection, requestID: connection.server.requestIDs.identifier(for: head.fields),
            method: head.method, path: head.target.path)
        if let total = clocks.total { totalDeadline = startedAt + total }
    }

    /// For a request that never became one.
    convenience init(failed failure: RelayFailure, _ connection: ClientConnection) {
        self.init(nil, connection, requestID: connection.server.requestIDs.make(), method: "-", path: "-")
    }

    private init(
        _ head: RequestHead?, _ connection: ClientConnection, requestID: String, method: String, path: String
    ) {
        let server = connection.server
        id = server.makeExchangeID()
        (self.head, self.connection, self.server, self.requestID) = (head, connection, server, requestID)
        machine = ExchangeStateMachine(server.context.rules)
        record = ExchangeRecord(endedAt: 0, requestID: requestID, method: method, path: path, status: 499)
        captures = server.bodyLog.isOn ? BodyCaptures(server.bodyLog) : nil
        startedAt = server.loop.now
    }

    // MARK: The request

    /// The head is here: routes it, and asks who calls.
    func begin() {
        guard let head else { return }
        let decision = server.route(head, isAdmin: connection.isAdmin)
        record.endpoint = decision.endpoint
        if case .local(let endpoint) = decision { return answerLocally(endpoint) }
        // Nor does a wrong method there need a key.
        if case .refused(let failure, let endpoint) = decision, endpoint.isLocal { return fail(failure) }
        do throws(RelayFailure) {
            if server.isDraining { throw .draining }
            let client = try server.context.clients.identify(head.fields)
            record.client = client
            try server.context.clients.take(client, at: now)
            switch decision {
            case .refused(let failure, _): throw failure
            case .models(let id): return answerModels(id)
            case .local: return
            case .forward(let target): self.target = target
            }
            try admitBody(head)
        } catch {
            return fail(error)
        }
        if head.expectsContinue { connection.outbound.append(ResponseEncoder.continueResponse); connection.markDirty() }
    }

    /// A large promise alone takes no memory; a body up to this size is never moved.
    private static let firstAllocation: UInt64 = 1 << 20

    private func admitBody(_ head: RequestHead) throws(RelayFailure) {
        let limit = server.limits.maxBody
        switch head.framing {
        case .none: return
        case .chunked: body = StableBytes(capacity: 4_096)
        case .length(let length):
            guard length <= UInt64(limit) else { throw .bodyTooLarge(limit: limit) }
            body = StableBytes(capacity: Int(min(length, Self.firstAllocation)))
        }
    }

    func bodyArrived(_ bytes: Span<UInt8>) {
        bytesIn += UInt64(bytes.count)
        server.metrics.bytesReceived(bytes.count)
        guard machine.state == .receiving, let body else { return }
        let limit = server.limits.maxBody
        guard body.count + bytes.count <= limit else { return fail(.bodyTooLarge(limit: limit)) }
        guard server.context.bodies.take(bytes.count) else { return fail(.overloaded(.bodies)) }
        budgetTaken += bytes.count
        body.append(bytes)
    }

    func requestEnded() {
        isWhole = true
        wholeAt = now
        guard machine.state == .receiving, target != nil else { return connection.markDirty() }
        editBody()
        perform(machine.requestReceived())
    }

    /// Section 11: opt-in edits, on JSON bodies only.
    private func editBody() {
        if let captures { body?.withBytes { captures.request.append(copying: $0) } }
        guard server.hasEdits, let body, MediaType(of: head?.fields) == .json else { return }
        guard let edited = body.withBytes({ server.context.splicer.edited($0) }) else { return }
        let changed = StableBytes(capacity: edited.count)
        changed.append(edited.span)
        self.body = changed
    }

    /// The body is not needed any more: it cannot be sent again.
    func releaseBody() {
        // An answer that came before the request was out: the body is in memory, and counts, until the call ends.
        if let call, !call.releaseBody() { return }
        if budgetTaken > 0 { server.context.bodies.give(budgetTaken) }
        budgetTaken = 0
        body = nil
    }

    // MARK: Obeying

    func perform(_ action: ExchangeStateMachine.Action) {
        switch action {
        case .none: break
        case .awaitPlace: enterGate()
        case .awaitToken: askForToken()
        case .call: startCall()
        case .renew: renewToken()
        case .retry(let wait): retry(after: wait)
        case .sendHead: forwardHead()
        case .sendNoModels: answerNoModels()
        case .hold: break
        case .release, .forward, .finish: break  // done where the bytes are; see Exchange+Upstream
        case .reply(let failure): reply(failure)
        case .tear(let failure): tear(failure)
        case .drop(let failure): drop(failure)
        }
    }

    /// Something outside the call went wrong; too late once the answer, perhaps the relay's own, stands.
    func fail(_ failure: RelayFailure) {
        if !isAnswered { perform(machine.failed(failure)) }
    }

    func clientLeft(_ failure: RelayFailure = .clientGone) {
        guard !isClosed else { return }
        if isAnswered {
            // Everything was on its way; the client did not take the rest.
            record.outcome = .failed(failure)
            return
        }
        perform(machine.clientLeft(failure))
    }

    func drain() {
        if !isAnswered { perform(machine.draining()) }
    }

    private func drop(_ failure: RelayFailure) {
        endCall()
        record.outcome = .failed(failure)
    }

    // MARK: Time

    var deadline: Instant { min(phaseDeadline, totalDeadline, heartbeatDeadline) }

    func set(_ phase: Phase, _ deadline: Instant) {
        (self.phase, phaseDeadline) = (phase, deadline)
        connection.updateAlarm()
    }

    func deadlineReached() {
        if isAnswered || isClosed { return clearDeadlines() }
        if now >= totalDeadline {
            totalDeadline = .distantFuture
            return timedOut(.total)
        }
        if now >= heartbeatDeadline { heartbeat() }
        guard now >= phaseDeadline else { return }
        let passed = phase
        set(.none, .distantFuture)
        switch passed {
        case .none: break
        case .queue:
            leaveQueue()
            fail(.rateLimited(.queueWait, retryAfter: .seconds(1)))
        case .connect: timedOut(.connect)
        case .firstByte: timedOut(.firstByte)
        case .idle: timedOut(.idle)
        case .retry: perform(machine.retryDue())
        }
    }

    /// The access log's outcome does not say which of the clocks it was.
    private func timedOut(_ clock: RelayFailure.UpstreamClock) {
        let failure = RelayFailure.upstreamTimeout(clock)
        let stage = clock == .connect ? call.map { " " + $0.connectStage } : nil
        server.context.log.warn(
            "upstream call failed",
            [
                "request_id": .string(requestID), "kind": LogValue(failure.upstreamKind?.rawValue),
                "detail": .string("\(clock.variable) passed\(stage ?? "")"),
            ])
        fail(failure)
    }

    func clearDeadlines() {
        phase = .none
        (phaseDeadline, totalDeadline, heartbeatDeadline) = (.distantFuture, .distantFuture, .distantFuture)
    }

    // MARK: The end

    /// Gives everything back, counts and logs; later calls do nothing.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        endCall()
        releaseBody()
        server.expectNoMail(id)
        clearDeadlines()
        if isCountedAsStream { server.metrics.eventStreamClosed() }
        (record.pieces, record.bytesIn, record.bytesOut) = (pieces, bytesIn, bytesOut)
        record.endedAt = MonotonicClock.wallNanoseconds
        // Not the cached instant: an answer the relay makes itself begins and ends in one turn of the loop.
        record.total = MonotonicClock.now - startedAt
        if let wholeAt, let calledAt {
            record.overhead = max(.zero, calledAt - wholeAt - (record.queue ?? .zero) - (record.token ?? .zero))
        }
        countUsage()
        server.metrics.exchangeFinished(record, at: now)
        let isRoutine = record.endpoint.isLocal && record.outcome == .ok
        if !isRoutine || server.context.log.level <= .debug { server.context.log.exchange(record) }
        logBodies()
    }

    private func countUsage() {
        guard let usage, let counts = usage.counts else { return }
        let model = usage.model ?? ""
        for (kind, count) in [
            (UsageKind.prompt, counts.prompt), (.completion, counts.completion), (.cached, counts.cached),
            (.reasoning, counts.reasoning),
        ] where count > 0 {
            server.metrics.usageSeen(endpoint: record.endpoint, model: model, kind: kind, tokens: UInt64(count))
        }
    }

    private func logBodies() {
        guard let captures else { return }
        var secrets = token.map { [$0.value] } ?? []
        // The key it came with may stand in the body as well.
        if let head { secrets += ClientAuthenticator.presented(head.fields) }
        let both = [(BodyCapture.Direction.request, captures.request), (.response, captures.response)]
        for (direction, capture) in both {
            if let line = capture.record(direction, requestID: requestID, secrets: secrets) {
                server.context.log.write(line)
            }
        }
    }
}
