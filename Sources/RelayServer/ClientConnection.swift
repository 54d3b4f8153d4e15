// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayCore
import RelayLoop

/// One client socket: bytes in to the parser, answers out, one exchange at a time.
///
/// **Isolation**: loop thread. Lives in its `LoopServer`'s table until it is closed.
final class ClientConnection: ReadinessHandler, DeadlineHandler {
    /// What is being waited for on the reading side.
    enum ReadPhase: Equatable {
        /// The first byte of a request: of the first one, or of the next.
        case first, next
        case head, body
        /// An answer is owed, or the connection is about to end: nothing is expected.
        case nothing
        /// Closed for writing; what still arrives is thrown away, so that no reset destroys the answer on its way.
        case lingering
    }

    // First what each piece of an answer touches; see `Exchange`.
    let server: LoopServer
    let outbound: ByteQueue
    private(set) var exchange: Exchange?
    /// Behind it in its server's flush list; only until the event at hand has been dealt with, since `flush()` by itself
    /// takes nobody out of the list.
    var nextDirty: ClientConnection?
    var writeDeadline = Instant.distantFuture
    let descriptor: FileDescriptor
    private var interest: Interest = [.read, .peerClosed]
    var isWriteBlocked = false
    private var isInFlushList = false
    private(set) var isClosed = false

    let isAdmin: Bool
    private var registration: Registration?
    private var parser: RequestParser
    /// Bytes of a next request that came while an answer was owed.
    private var backlog: [UInt8] = []
    private(set) var readPhase: ReadPhase = .first
    var readDeadline: Instant
    var watch: TakingWatch?
    private var closesWhenFlushed = false
    /// The answer is out before its request is whole: the rest of the request is read past.
    private var isSkipping = false
    private var peerHasFinished = false
    private var linger: Linger?
    private var isBusy = false
    var alarm: (id: DeadlineID, at: Instant)?

    private static let backlogLimit = 65_536
    /// A request this short is read past rather than cut off after an early answer.
    private static let skippable: UInt64 = 65_536

    private var clocks: LoopClocks { server.clocks }
    var now: Instant { server.loop.now }

    /// Nil if the kernel takes no further registration.
    init?(_ descriptor: consuming FileDescriptor, _ server: LoopServer, isAdmin: Bool) {
        self.descriptor = descriptor
        (self.server, self.isAdmin, outbound) = (server, isAdmin, ByteQueue(server.spareBlock))
        let limits = server.limits
        parser = RequestParser(
            limits: ParseLimits(maxHeader: limits.maxHeader, maxFields: limits.maxFields, maxTarget: limits.maxTarget))
        readDeadline = server.loop.now + server.clocks.header
        guard let registration = try? server.loop.register(self.descriptor.rawValue, interest, self) else { return nil }
        self.registration = registration
        updateAlarm()
    }

    // MARK: Readiness

    func descriptorReady(_ readiness: Readiness) {
        if readiness.isBroken { return peerGone() }
        if readiness.contains(.write) {
            isWriteBlocked = false
            flush()
        }
        if isClosed { return server.flush() }
        if readiness.contains(.read) { read() } else if readiness.contains(.peerClosed) { peerFinished() }
        updateAlarm()
        server.flush()
    }

    private func read() {
        server.withReadBuffer { buffer in
            switch SystemCalls.receive(descriptor, into: &buffer) {
            case .bytes(let count): received(buffer.span.extracting(0..<count))
            case .wouldBlock: break
            case .ended: peerFinished()
            case .failed: peerGone()
            }
        }
    }

    private func received(_ bytes: Span<UInt8>) {
        if var linger {
            linger.bytesArrived(at: now)
            self.linger = linger
            readDeadline = linger.deadline
            return
        }
        if exchange?.isWhole ?? closesWhenFlushed { return keep(bytes, from: 0) }
        feed(bytes)
    }

    /// Hands bytes to the parser until they are used up or an answer is owed.
    private func feed(_ bytes: Span<UInt8>) {
        var position = 0
        while !isClosed, readPhase != .lingering {
            if exchange?.isWhole ?? closesWhenFlushed { return keep(bytes, from: position) }
            switch parser.parse(bytes, at: &position) {
            case .needMore: return awaitMore()
            case .head(let head): begin(head)
            case .body(let range): bodyArrived(bytes.extracting(range))
            case .end: requestEnded()
            case .failed(let error): return refuse(RelayFailure(error, server.limits))
            }
        }
    }

    private func keep(_ bytes: Span<UInt8>, from start: Int) {
        backlog.append(copying: bytes.extracting(start..<bytes.count))
        if backlog.count >= Self.backlogLimit { setInterest(interest.subtracting(.read)) }
    }

    /// Goes on with what came while an answer was owed.
    private func feedBacklog() {
        guard !backlog.isEmpty else { return }
        var bytes: [UInt8] = []
        swap(&bytes, &backlog)
        if !interest.contains(.read), !peerHasFinished { setInterest(interest.union(.read)) }
        feed(bytes.span)
    }

    // MARK: The request

    private func begin(_ head: RequestHead) {
        setBusy()
        readPhase = head.framing == .none ? .nothing : .body
        readDeadline = head.framing == .none ? .distantFuture : now + clocks.body
        let exchange = Exchange(head, self)
        self.exchange = exchange
        exchange.begin()
    }

    private func bodyArrived(_ bytes: Span<UInt8>) {
        readDeadline = now + clocks.body
        if !isSkipping { exchange?.bodyArrived(bytes) }
    }

    private func requestEnded() {
        readPhase = .nothing
        readDeadline = .distantFuture
        if isSkipping {
            isSkipping = false
            exchange?.isWhole = true
            return finishIfFlushed()
        }
        exchange?.requestEnded()
    }

    private func awaitMore() {
        guard exchange == nil, !parser.isBetweenMessages, readPhase == .first || readPhase == .next else { return }
        setBusy()
        if readPhase == .next { readDeadline = now + clocks.header }
        readPhase = .head
    }

    /// Answers with an error before there is an exchange, and closes.
    func refuse(_ failure: RelayFailure) {
        if exchange?.isAnswered ?? false {
            closesWhenFlushed = true
            return markDirty()
        }
        setBusy()
        let exchange = exchange ?? Exchange(failed: failure, self)
        self.exchange = exchange
        exchange.fail(failure)
    }

    // MARK: The answer

    /// Whether the connection may serve on after the answer at hand.
    func mayKeepAlive(_ head: RequestHead) -> Bool {
        guard head.keepAlive, !server.isDraining, !peerHasFinished, !closesWhenFlushed else { return false }
        if exchange?.isWhole ?? true { return true }
        // An early answer: go on only if what is left of the request is short and surely on its way.
        switch head.framing {
        case .none: return true
        case .length(let length): return length <= Self.skippable && !head.expectsContinue
        case .chunked: return false
        }
    }

    /// The whole answer stands in `outbound`.
    func answerEnded(closes: Bool) {
        if closes {
            closesWhenFlushed = true
        } else if let exchange, !exchange.isWhole {
            isSkipping = true
        }
        markDirty()
    }

    func markDirty() {
        guard !isInFlushList, !isClosed else { return }
        isInFlushList = true
        server.needsFlush(self)
    }

    /// Writes what waits; called when an event has been dealt with, or the socket takes bytes again.
    func flush() {
        isInFlushList = false
        guard !isClosed else { return }
        if !outbound.isEmpty, !isWriteBlocked { wrote(outbound.send(to: descriptor)) }
        if outbound.isEmpty, !isClosed { finishIfFlushed() }
    }

    /// Sends a large piece without copying it, behind what waits.
    func sendNow(_ piece: Span<UInt8>, _ suffix: Span<UInt8>) {
        wrote(outbound.send(to: descriptor, piece, suffix))
        if !isClosed { markDirty() }
    }

    private func wrote(_ outcome: TransferOutcome) {
        switch outcome {
        case .bytes(let count):
            if count > 0 { writeDeadline = .distantFuture }
            isWriteBlocked = !outbound.isEmpty
        case .wouldBlock: isWriteBlocked = true
        case .ended, .failed: return peerGone()
        }
        if outbound.isEmpty {
            writeDeadline = .distantFuture
            if interest.contains(.write) { setInterest(interest.subtracting(.write)) }
        } else {
            if writeDeadline == .distantFuture {
                let untaken = SystemCalls.untakenBytes(descriptor)
                let watch = TakingWatch(limit: clocks.clientWrite, untaken: untaken, at: now)
                (self.watch, writeDeadline) = (watch, watch.nextLook)
                updateAlarm()
            }
            if isWriteBlocked, !interest.contains(.write) { setInterest(interest.union(.write)) }
        }
        exchange?.outboundChanged(outbound.count)
    }

    private func finishIfFlushed() {
        guard outbound.isEmpty, let exchange, exchange.isAnswered else { return }
        exchange.close()
        if closesWhenFlushed {
            self.exchange = nil
            return endWriting(isWhole: exchange.isWhole && backlog.isEmpty)
        }
        guard exchange.isWhole else { return }
        self.exchange = nil
        // The client ended its side while the last of the answer went out: nothing more can come.
        if peerHasFinished, backlog.isEmpty { return close() }
        setIdle()
        readPhase = .next
        readDeadline = now + clocks.keepAlive
        feedBacklog()
        updateAlarm()
    }

    // MARK: The end

    /// Ends the sending side; waits for the client to end its own if bytes of it may still be on their way, since the
    /// kernel answers those that nobody has read with a reset, which would overtake the answer.
    private func endWriting(isWhole: Bool) {
        if peerHasFinished || isWhole && !SystemCalls.hasInput(descriptor.rawValue) { return close() }
        SystemCalls.shutdownWriting(descriptor)
        backlog = []
        readPhase = .lingering
        let linger = Linger(from: now)
        self.linger = linger
        readDeadline = linger.deadline
        setInterest([.read, .peerClosed])
        updateAlarm()
    }

    /// FIN from the client.
    ///
    /// While an answer is owed that means it is gone, as nginx takes it, unless `RELAY_HALF_CLOSE`; what the relay
    /// answers itself is there in a moment, and scripts ask for it so.
    private func peerFinished() {
        peerHasFinished = true
        guard let exchange, exchange.isWhole,
            server.halfClose || exchange.isAnswered || exchange.record.endpoint.isLocal
        else { return peerGone() }
        setInterest(interest.subtracting([.read, .peerClosed]))
    }

    private func peerGone() {
        exchange?.clientLeft()
        close()
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        exchange?.close()
        exchange = nil
        if let registration { server.loop.deregister(registration) }
        registration = nil
        if let alarm { server.loop.cancel(alarm.id) }
        alarm = nil
        SystemCalls.shutdownBoth(descriptor)
        setIdle()
        server.closed(self)
    }

    func drain() {
        exchange?.drain()
        // A request that has arrived gets an answer, not the reset of a process that ends.
        if exchange == nil, linger == nil, SystemCalls.hasInput(descriptor.rawValue) { read() }
        markDirty()
        updateAlarm()
    }

    func drainDeadline() {
        if readPhase == .lingering || exchange == nil { return close() }
        exchange?.fail(.draining)
        closesWhenFlushed = true
        markDirty()
    }

    private func setBusy() {
        guard !isBusy else { return }
        isBusy = true
        server.becameBusy()
    }

    private func setIdle() {
        guard isBusy else { return }
        isBusy = false
        server.becameIdle()
    }

    private func setInterest(_ wanted: Interest) {
        guard wanted != interest, let registration else { return }
        interest = wanted
        // Fails only for a descriptor that is not registered, which it is.
        try? server.loop.modify(registration, wanted)
    }
}
