// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayCore
import RelayLoop
import RelayUpstream

/// One loop's share of the relay: its listeners, its client connections, its upstream transport.
///
/// A connection and its upstream call live and die here; nothing is handed to another thread on the way of a byte.
/// **Isolation**: its loop thread, on which it is made.
final class LoopServer {
    let context: RelayContext
    let loop: EventLoop
    let transport: UpstreamTransport
    let metrics: LoopMetrics
    let mailbox: Mailbox<LoopMessage>
    // What every exchange looks up, out of the configuration, which is too large a value to be copied about.
    let clocks: LoopClocks
    let limits: LimitConfiguration
    let halfClose: Bool
    let hasEdits: Bool
    let bodyLog: BodyCapture
    var requestIDs = RequestIDSource()
    let spareBlock = SpareBlock()
    /// For putting a head together without allocating.
    var scratch: [UInt8] = []
    private(set) var isDraining = false

    private var routes: RouteMemory
    private var adminRoutes: RouteMemory
    private var listeners: [ListenerPort] = []
    private var connections: [ObjectIdentifier: ClientConnection] = [:]
    private var exchanges: [ExchangeID: Exchange] = [:]
    private var lastExchange: UInt64 = 0
    private var readBuffer = [UInt8](repeating: 0, count: 65_536)
    /// The connections with something to write, chained.
    private var firstDirty: ClientConnection?
    private var isFlushing = false
    private var busy = 0
    private var isDrained = false
    private let drained: @Sendable (Bool) -> Void

    /// - Parameter drained: told, after `drain`, when the last exchange has ended, and when another has begun all the same
    ///   on a connection that is still open.
    init(
        context: RelayContext, index: Int, loop: EventLoop, mailbox: Mailbox<LoopMessage>,
        drained: @escaping @Sendable (Bool) -> Void
    ) throws(SystemCallError) {
        (self.context, self.loop, self.mailbox, self.drained) = (context, loop, mailbox, drained)
        (routes, adminRoutes) = (RouteMemory(context.router), RouteMemory(context.adminRouter))
        metrics = context.metrics.loop(index)
        (clocks, limits) = (LoopClocks(context.configuration.clocks), context.configuration.limits)
        (halfClose, hasEdits) = (context.configuration.halfClose, !context.configuration.edits.isEmpty)
        bodyLog = BodyCapture(context.configuration.log.bodies)
        transport = try UpstreamTransport(loop: loop, idleConnections: context.configuration.upstream.idleConnections)
        transport.afterEvents { [unowned self] in flush() }
        try loop.attach(mailbox) { [unowned self] message in
            receive(message)
            flush()
        }
    }

    /// What the clocks say: the loop's cached instant, and the wall clock for tokens' absolute ends.
    var tokenTime: TokenTime { TokenTime(instant: loop.now, wallNanoseconds: MonotonicClock.wallNanoseconds) }

    // MARK: Listening

    func listen(_ listener: Listener, isAdmin: Bool) throws(SystemCallError) {
        listeners.append(try ListenerPort(listener, self, isAdmin: isAdmin))
    }

    /// Takes a new client in.
    func accepted(_ descriptor: consuming FileDescriptor, isAdmin: Bool) {
        // Who looks after the relay gets in also when clients have taken all the room.
        let verdict = isAdmin ? .serve : context.connections.enter()
        if verdict == .close { return }
        guard let connection = ClientConnection(descriptor, self, isAdmin: isAdmin) else {
            if !isAdmin { context.connections.leave() }
            return
        }
        connections[ObjectIdentifier(connection)] = connection
        metrics.connectionOpened()
        if verdict == .refuse { connection.refuse(.overloaded(.connections)) }
        flush()
    }

    func closed(_ connection: ClientConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        if !connection.isAdmin { context.connections.leave() }
        metrics.connectionClosed()
        for listener in listeners { listener.roomMade() }
    }

    // MARK: Reading and writing

    /// Lends the loop's one read buffer.
    func withReadBuffer(_ body: (inout [UInt8]) -> Void) {
        var buffer: [UInt8] = []
        swap(&buffer, &readBuffer)
        if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: 65_536) }
        body(&buffer)
        swap(&buffer, &readBuffer)
    }

    /// Has the connection's waiting bytes written when the event at hand has been dealt with.
    func needsFlush(_ connection: ClientConnection) {
        connection.nextDirty = firstDirty
        firstDirty = connection
    }

    /// Writes what waits: the pieces of one event go out in one call.
    func flush() {
        guard !isFlushing else { return }
        isFlushing = true
        while let connection = firstDirty {
            (firstDirty, connection.nextDirty) = (connection.nextDirty, nil)
            connection.flush()
        }
        isFlushing = false
    }

    // MARK: Exchanges

    func route(_ head: RequestHead, isAdmin: Bool) -> RouteDecision {
        let (method, path, query) = (head.method, head.target.path, head.target.query)
        return isAdmin
            ? adminRoutes.route(method: method, path: path, query: query)
            : routes.route(method: method, path: path, query: query)
    }

    func makeExchangeID() -> ExchangeID {
        lastExchange += 1
        return ExchangeID(number: lastExchange)
    }

    /// Mail for that exchange will come.
    func expectMail(_ exchange: Exchange) { exchanges[exchange.id] = exchange }

    func expectNoMail(_ id: ExchangeID) {
        if !exchanges.isEmpty { exchanges[id] = nil }
    }

    func becameBusy() {
        busy += 1
        reportDrained()
    }

    func becameIdle() {
        busy -= 1
        reportDrained()
    }

    private func reportDrained() {
        guard isDraining, isDrained != (busy == 0) else { return }
        isDrained.toggle()
        drained(isDrained)
    }

    private func receive(_ message: LoopMessage) {
        switch message {
        case .placeGranted(let id):
            if let exchange = exchanges[id] { exchange.placeGranted() } else { context.gate.release() }
        case .token(let id, let result): exchanges[id]?.tokenAnswered(result)
        case .replay(let id, let decision): exchanges[id]?.replayDecided(decision)
        case .answer(let id, let answer): exchanges[id]?.answer(answer)
        case .drain: drain()
        case .drainDeadline(let done):
            for connection in connections.values { connection.drainDeadline() }
            flush()
            done()
        }
    }

    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        for listener in listeners { listener.close() }
        listeners = []
        for connection in connections.values { connection.drain() }
        reportDrained()
    }
}
