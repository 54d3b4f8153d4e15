// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayCore
import RelayLoop
import RelayUpstream

/// The way to upstream: a place, a token, the call, and what it brings.
extension Exchange {
    // MARK: A place

    func enterGate() {
        let mailbox = server.mailbox
        let id = id
        switch server.context.gate.enter({ mailbox.post(.placeGranted(id)) }) {
        case .granted:
            place = .held
            server.metrics.callStarted()
            perform(machine.placeGranted())
        case .full: fail(.rateLimited(.queueFull, retryAfter: .seconds(1)))
        case .queued(let number):
            place = .queued(number)
            server.metrics.requestQueued()
            server.expectMail(self)
            waitingSince = now
            set(.queue, now + clocks.queueWait)
            if server.isDraining { perform(machine.draining()) }
        }
    }

    /// The gate has given its place.
    func placeGranted() {
        guard case .queued = place else { return server.context.gate.release() }
        place = .held
        server.metrics.requestDequeued()
        server.metrics.callStarted()
        server.expectNoMail(id)
        record.queue = waitingSince.map { now - $0 }
        set(.none, .distantFuture)
        perform(machine.placeGranted())
    }

    func leaveQueue() {
        guard case .queued(let number) = place else { return }
        place = .none
        server.metrics.requestDequeued()
        record.queue = waitingSince.map { now - $0 }
        // Not in the queue any more: the grant is on its way, finds nobody, and gives the place back.
        _ = server.context.gate.leave(number)
        server.expectNoMail(id)
    }

    private func releasePlace() {
        leaveQueue()
        guard place == .held else { return }
        place = .none
        server.metrics.callEnded()
        server.context.gate.release()
    }

    // MARK: A token

    func askForToken() {
        switch server.context.token.door.decide(at: server.tokenTime) {
        case .noToken: tokenReady(nil)
        case .use(let token): tokenReady(token)
        case .useAndRenew(let token):
            server.context.token.cache?.renewInBackground()
            tokenReady(token)
        case .ask:
            if server.isDraining { return perform(machine.draining()) }
            waitForToken()
        }
    }

    private func waitForToken() {
        guard let cache = server.context.token.cache else { return tokenReady(nil) }
        expectToken()
        let mailbox = server.mailbox
        let id = id
        tokenTask = Task {
            let result: Result<AccessToken, TokenUnavailable>
            do throws(TokenUnavailable) { result = .success(try await cache.token()) } catch {
                result = .failure(error)
            }
            mailbox.post(.token(id, result))
        }
    }

    private func expectToken() {
        server.expectMail(self)
        waitingSince = now
    }

    func tokenAnswered(_ result: Result<AccessToken, TokenUnavailable>) {
        tokenWaitEnded()
        switch result {
        case .success(let token): tokenReady(token)
        case .failure(let error): fail(Self.failure(error))
        }
    }

    private func tokenWaitEnded() {
        tokenTask = nil
        server.expectNoMail(id)
        if let waitingSince { record.token = (record.token ?? .zero) + (now - waitingSince) }
        waitingSince = nil
    }

    private func tokenReady(_ token: AccessToken?) {
        self.token = token
        perform(machine.tokenArrived())
    }

    /// Upstream has refused the token: this answer is dropped, and another token asked for.
    func renewToken() {
        record.replayed = true
        record.firstByte = nil
        refusedGeneration = token?.generation ?? 0
        endAttempt()
        guard let cache = server.context.token.cache else { return fail(.upstreamAuthRejected) }
        expectToken()
        let mailbox = server.mailbox
        let (id, generation) = (id, refusedGeneration)
        tokenTask = Task { mailbox.post(.replay(id, await cache.reject(generation))) }
    }

    func replayDecided(_ decision: ReplayDecision) {
        tokenWaitEnded()
        switch decision {
        case .replay(let token): tokenReady(token)
        case .passThrough: fail(.upstreamAuthRejected)
        // The file has been read again, and upstream's word on what it holds is final.
        case .giveUp(let error) where error.failure?.cause == .file(.unchanged): fail(.upstreamAuthRejected)
        case .giveUp(let error): fail(Self.failure(error))
        }
    }

    /// Tells the cache, once, whether another token has helped.
    func reportReplay(cured: Bool) {
        guard record.replayed, let cache = server.context.token.cache, let generation = token?.generation,
            generation != refusedGeneration
        else { return }
        refusedGeneration = generation
        Task { await cache.replayFinished(generation, cured: cured) }
    }

    static func failure(_ error: TokenUnavailable) -> RelayFailure {
        switch error.reason {
        case .coolingDown, .notRenewable: .upstreamAuthRejected
        case .stopping: .draining
        case .failed, .waited, .cancelled: .tokenUnavailable(retryAfter: error.retryAfter)
        }
    }

    // MARK: The call

    func startCall() {
        guard let target, let head else { return }
        let url: UpstreamURL
        do throws(RelayFailure) {
            url = try target.url(model: target.needsModel ? model() : nil)
        } catch {
            return fail(error)
        }
        calledAt = calledAt ?? now
        let context = server.context
        var request = UpstreamRequest(
            method: head.method, url: token.map { url.adding(token: $0.value).reveal } ?? url.text,
            publicURL: url.location,
            fields: context.fieldPolicy.fields(from: head.fields, requestID: requestID, token: token?.value),
            body: body, profile: context.profile)
        request.wantsFreshConnection = machine.hasLostConnection
        request.isTimedByHandler = true
        set(.connect, now + clocks.connect)
        call = server.transport.start(request, self)
    }

    private func model() -> String? {
        let type = head?.fields.value(of: "content-type")
        return body?.withBytes { BodyModel.find(in: $0, contentType: type) }
    }

    func retry(after wait: Duration) {
        endAttempt()
        record.firstByte = nil
        if server.isDraining { return perform(machine.draining()) }
        set(.retry, now + wait)
    }

    /// Drops the attempt; the exchange goes on.
    private func endAttempt() {
        call?.cancel()
        call = nil
        upstreamHead = nil
        held = []
        set(.none, .distantFuture)
    }

    /// Ends the way to upstream: the call, the wait for a token, the place.
    func endCall() {
        endAttempt()
        tokenTask?.cancel()
        tokenTask = nil
        releasePlace()
    }

    static func failure(_ failure: UpstreamFailure) -> (RelayFailure, isRetryable: Bool) {
        switch failure.kind {
        case .unresolved: (.upstreamUnreachable(.unresolved), true)
        case .refused: (.upstreamUnreachable(.refused), true)
        case .unreachable: (.upstreamUnreachable(.network), true)
        case .connectTimeout: (.upstreamTimeout(.connect), false)
        case .tls: (.upstreamTLSFailed, false)
        case .proxy: (.upstreamProxyRefused, false)
        case .staleConnection: (.upstreamReset, true)
        case .reset, .truncated: (.upstreamReset, false)
        case .badResponse: (.upstreamBadResponse, false)
        case .outOfResources: (.overloaded(.descriptors), false)
        }
    }
}

extension Exchange: UpstreamHandler {
    func upstreamConnected() { set(.firstByte, now + clocks.firstByte) }

    func upstreamResponded(_ head: UpstreamHead) {
        record.upstreamStatus = head.status
        // Not the cached instant: the answer may come in the turn in which the request went out.
        if record.firstByte == nil { record.firstByte = MonotonicClock.now - startedAt }
        set(.idle, now + clocks.idle)
        lastPieceAt = now
        do throws(ResponseFramingError) {
            framing = try ResponseFraming(
                status: head.status, isHead: isHead, minorVersion: head.minorVersion, fields: head.fields)
        } catch {
            return perform(machine.callFailed(.upstreamBadResponse, isRetryable: false))
        }
        upstreamHead = head
        perform(machine.headArrived(describe(head)))
    }

    private func describe(_ head: UpstreamHead) -> ExchangeStateMachine.Head {
        var retryAfter: Duration?
        if head.status == 429 || head.status == 503, let text = head.fields.value(of: "retry-after") {
            retryAfter = RetryAfterText.duration(
                text, date: head.fields.value(of: "date"), wallNanoseconds: MonotonicClock.wallNanoseconds)
        }
        var isInspectable = MediaType(of: head.fields) == .json
        if case .length(let length) = framing, length > UInt64(ReauthBodyRules.maximumBody) { isInspectable = false }
        return ExchangeStateMachine.Head(
            status: head.status, retryAfter: retryAfter, isInspectable: isInspectable,
            isModelList: record.endpoint == .models)
    }

    func upstreamDelivered(_ piece: Span<UInt8>) {
        pieces += 1
        let now = now
        server.metrics.pieceForwarded(gapNanoseconds: now.nanoseconds - lastPieceAt.nanoseconds)
        lastPieceAt = now
        // The alarm stays as it is; when it rings it finds this later deadline.
        if phase == .idle { phaseDeadline = now + clocks.idle }
        switch machine.pieceArrived(held: held.count + piece.count) {
        case .forward: forward(piece)
        case .hold: held.append(copying: piece)
        case .release:
            held.append(copying: piece)
            releaseHeld()
        default: break
        }
    }

    func upstreamEnded(_ failure: UpstreamFailure?) {
        call = nil
        set(.none, .distantFuture)
        if let failure {
            let (mapped, isRetryable) = Self.failure(failure)
            server.context.log.warn(
                "upstream call failed",
                [
                    "request_id": .string(requestID), "kind": .string(failure.kind.rawValue),
                    "detail": .string(failure.detail),
                ])
            let seen = machine.state == .streaming ? .upstreamStreamInterrupted : mapped
            let next = machine.callFailed(seen, isRetryable: isRetryable)
            // The last attempt's failure is counted with the exchange. A gateway may end connections that it keeps as
            // it likes: that is no failure of it.
            if case .retry = next, failure.kind != .staleConnection { server.metrics.attemptFailed(seen) }
            return perform(next)
        }
        let action = machine.answerEnded(held: held)
        switch action {
        case .finish: finish()
        case .release:
            releaseHeld()
            finish()
        default: perform(action)
        }
    }

    private func releaseHeld() {
        let bytes = held
        held = []
        forwardHead()
        forward(bytes.span)
    }
}
