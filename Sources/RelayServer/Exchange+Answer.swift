// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayCore
import RelayLoop
import RelayUpstream

/// The answer on its way to the client.
extension Exchange {
    /// Pieces from this size on are written without being copied first.
    private static let directSize = 4_096

    // MARK: Upstream's answer

    func forwardHead() {
        guard let upstream = upstreamHead, let head else { return }
        let policy = ResponseHeadPolicy(
            status: upstream.status, fields: upstream.fields, framing: framing, isHead: isHead,
            clientMinorVersion: head.minorVersion, requestID: requestID, insertsComments: clocks.heartbeat != nil)
        framing = policy.framing
        if case .length(let length) = framing { remaining = length }
        (isEventStream, isEncoded) = (policy.isEventStream, policy.isEncoded)
        if isEventStream {
            isCountedAsStream = true
            server.metrics.eventStreamOpened()
            if clocks.heartbeat != nil, !isEncoded { boundary = EventStreamBoundary() }
        }
        usage = UsageObserver(policy.mediaType, contentEncoding: upstream.fields.value(of: "content-encoding"))
        reportReplay(cured: true)
        // The first byte of an answer is about to go out: from here on the request cannot be sent again.
        releaseBody()
        sendHead(upstream.status, upstream.reason, policy.fields)
        record.outcome = upstream.status >= 400 ? .upstreamStatus : .ok
        armHeartbeat()
    }

    private func sendHead(_ status: Int, _ reason: [UInt8]?, _ fields: FieldSection) {
        guard let head else { return }
        var fields = fields
        if framing == .untilClose || !connection.mayKeepAlive(head) {
            fields.append(name: "Connection", value: "close")
        } else if head.minorVersion == 0 {
            fields.append(name: "Connection", value: "keep-alive")
        }
        server.scratch.removeAll(keepingCapacity: true)
        ResponseEncoder.appendHead(status: status, reason: reason, fields: fields, to: &server.scratch)
        connection.outbound.append(server.scratch)
        record.status = status
        record.headSent = true
        connection.markDirty()
    }

    /// Passes a piece of the body on, in the framing the client was promised.
    func forward(_ piece: Span<UInt8>) {
        if piece.isEmpty { return }
        if case .none = framing { return }
        if clocks.heartbeat != nil { boundary?.observe(piece) }
        usage?.observe(piece)
        captures?.response.append(copying: piece)
        bytesOut += UInt64(piece.count)
        server.metrics.bytesSent(piece.count)
        write(piece)
        armHeartbeat()
    }

    private func write(_ piece: Span<UInt8>) {
        switch framing {
        case .none: return
        case .length:
            guard UInt64(piece.count) <= remaining else { return tear(.upstreamStreamInterrupted) }
            remaining -= UInt64(piece.count)
            append(Span(), piece, Span())
        case .untilClose: append(Span(), piece, Span())
        case .chunked:
            let end = ResponseEncoder.lineEnd
            ResponseEncoder.withChunkSize(piece.count) { append($0, piece, end.span) }
        }
    }

    private func append(_ lead: Span<UInt8>, _ piece: Span<UInt8>, _ end: Span<UInt8>) {
        let (connection, outbound) = (connection, connection.outbound)
        guard !connection.isWriteBlocked else {
            outbound.append(lead, piece, end)
            connection.markDirty()
            return outboundChanged(outbound.count)
        }
        if piece.count >= Self.directSize {
            outbound.append(lead)
            return connection.sendNow(piece, end)
        }
        outbound.append(lead, piece, end)
        connection.markDirty()
    }

    /// How much waits for the client has changed: reading from upstream pauses above the mark, goes on below half of it.
    func outboundChanged(_ waiting: Int) {
        guard let call else { return }
        let mark = server.limits.clientBuffer
        if !isPaused, waiting > mark, connection.isWriteBlocked {
            isPaused = true
            server.metrics.readerPaused()
            set(.none, .distantFuture)
            call.pause()
        } else if isPaused, waiting <= mark / 2 {
            isPaused = false
            lastPieceAt = now
            set(.idle, now + clocks.idle)
            call.resume()
        }
    }

    /// Upstream's answer is whole.
    func finish() {
        // Whatever libcurl made of it: less than was promised is not whole.
        if case .length = framing, remaining > 0 { return tear(.upstreamStreamInterrupted) }
        if framing == .chunked { connection.outbound.append(ResponseEncoder.lastChunk) }
        end(closes: framing == .untilClose)
    }

    private func end(closes: Bool) {
        endCall()
        clearDeadlines()
        isAnswered = true
        let keeps = head.map { connection.mayKeepAlive($0) } ?? false
        connection.answerEnded(closes: closes || !keeps)
    }

    // MARK: Heartbeat

    private func armHeartbeat() {
        guard let interval = clocks.heartbeat, boundary != nil else { return }
        heartbeatDeadline = now + interval
        connection.updateAlarm()
    }

    func heartbeat() {
        heartbeatDeadline = .distantFuture
        // Only between events, and not on top of what the client has yet to take.
        if boundary?.isBetweenEvents ?? false, connection.outbound.isEmpty {
            let comment = EventStreamError.heartbeat
            write(comment.span)
        }
        armHeartbeat()
    }

    // MARK: The relay's own answers

    func reply(_ failure: RelayFailure) {
        endCall()
        releaseBody()
        if failure == .upstreamAuthRejected { reportReplay(cured: false) }
        record.outcome = .failed(failure)
        var fields = FieldSection()
        for (name, value) in failure.fields(requestID: requestID) where name != "Connection" {
            fields.append(name: name, value: value)
        }
        send(failure.status, fields, failure.body(), closes: failure.closesConnection)
    }

    func send(_ status: Int, _ given: FieldSection, _ body: [UInt8], closes: Bool = false) {
        var fields = given
        // A 304 speaks of the answer the client has; a length of its own would be a lie about that.
        if status != 304 { fields.append(name: "Content-Length", value: String(body.count)) }
        fields.append(name: "Date", value: Timestamp.http(unixNanoseconds: MonotonicClock.wallNanoseconds))
        let keeps = !closes && (head.map { connection.mayKeepAlive($0) } ?? false)
        if !keeps {
            fields.append(name: "Connection", value: "close")
        } else if head?.minorVersion == 0 {
            fields.append(name: "Connection", value: "keep-alive")
        }
        server.scratch.removeAll(keepingCapacity: true)
        ResponseEncoder.appendHead(status: status, fields: fields, to: &server.scratch)
        connection.outbound.append(server.scratch)
        if !isHead {
            connection.outbound.append(body)
            bytesOut += UInt64(body.count)
            server.metrics.bytesSent(body.count)
        }
        record.status = status
        clearDeadlines()
        isAnswered = true
        connection.answerEnded(closes: !keeps)
    }

    /// Ends an answer that has begun, so that the client can tell it is not whole.
    func tear(_ failure: RelayFailure) {
        endCall()
        record.outcome = .failed(failure)
        if isEventStream, !isEncoded {
            let event = EventStreamError.interrupted
            switch framing {
            case .length where UInt64(event.count) >= remaining: break  // it would make the answer look whole
            default: write(event.span)
            }
        }
        clearDeadlines()
        isAnswered = true
        connection.answerEnded(closes: true)
    }
}
