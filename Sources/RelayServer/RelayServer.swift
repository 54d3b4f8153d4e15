// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPWire
import RelayBase
package import RelayCore
import RelayLoop
import RelayUpstream
import Synchronization

/// The whole relay: loops, token, log.
///
/// Starts everything, waits for signals, ends everything.
///
/// **Isolation**: made and used on the main thread, which only waits for signals.
package final class RelayServer {
    private let context: RelayContext
    private let output: StandardOutput
    private let mailboxes: [Mailbox<LoopMessage>]
    private let pending: Pending
    private let keyWatcher: ClientKeyWatcher?

    /// Loops that still have exchanges after the drain began.
    private final class Pending: Sendable {
        private let left: Atomic<Int>
        private let output: StandardOutput
        private let log: Log
        init(_ loops: Int, _ output: StandardOutput, _ log: Log) {
            left = Atomic(loops)
            (self.output, self.log) = (output, log)
        }
        func loop(isDrained: Bool) {
            guard isDrained else {
                left.add(1, ordering: .acquiringAndReleasing)
                return
            }
            if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { end(0, "drained") }
        }
        func end(_ code: Int32, _ message: StaticString) {
            log.info("stopped", ["reason": .string(message.description), "exit_code": .int(Int64(code))])
            // Whoever reads the log may have stalled: that does not keep the process.
            _ = try? LoopThread(name: "exit") { ProcessLimits.exitNow(code, after: .seconds(3)) }
            output.flush()
            // Not `exit`: libcurl's and OpenSSL's exit handlers race with loops that still run.
            ProcessLimits.exitNow(code)
        }
    }

    /// Loops that have done something.
    private final class LoopCount: Sendable {
        private let count = Atomic(0)
        var value: Int { count.load(ordering: .acquiring) }
        func add() { count.add(1, ordering: .releasing) }
    }

    /// Opens the listeners and starts the loops.
    ///
    /// - Throws: `ListenerSet.Failure` when an address cannot be had, `TemplateProblem` for a bad request template.
    package init(_ loaded: Configuration.Loaded, environment: [String: String]) throws {
        let configuration = loaded.configuration
        output = try StandardOutput(format: configuration.log.format)
        let log = Log(level: configuration.log.level, format: configuration.log.format, sink: output) {
            MonotonicClock.wallNanoseconds
        }
        for warning in loaded.warnings {
            log.warn("configuration", ["variable": .string(warning.variable), "detail": .string(warning.text)])
        }
        let descriptors = ProcessLimits.raiseDescriptorLimit()
        let connectionLimit = Self.connectionLimit(configuration, descriptors, log)
        // A start that fails must not take the warnings along: they may name the reason.
        output.flush()

        let clocks = configuration.clocks
        let profile = try TransportProfile(
            configuration.upstream.transport, connectTimeout: clocks.connect, readFile: Self.readFile)
        let issuerProfile = try TransportProfile(
            configuration.token.transport, connectTimeout: clocks.connect, readFile: Self.readFile)

        // The issuer's calls run on the first loop; its door exists before the loop does.
        let issuerDoor = IssuerDoor()
        let metrics = Metrics(
            loops: configuration.loops,
            clients: configuration.clients.keys?.map { ClientAuthenticator.label($0.name) } ?? [],
            models: configuration.paths.models?.map(\.id) ?? [])
        let tokenMetrics = TokenMetrics()
        let source = try makeTokenSource(configuration.token, transport: issuerDoor, environment: environment)
        let cache = source.map { source in
            TokenCache(source: source, renewal: configuration.token.renewal) { event in
                RelayContext.observe(event, log: log, metrics: tokenMetrics) { MonotonicClock.wallNanoseconds }
            }
        }
        let clients = ClientDirectory(keys: configuration.clients.keys, limits: configuration.clients.limits)
        keyWatcher = configuration.clients.keysFile.map { ClientKeyWatcher(path: $0, clients, log) }
        let context = RelayContext(
            configuration: configuration, profile: profile, token: TokenAccess(cache: cache), metrics: metrics,
            tokenMetrics: tokenMetrics, log: log, clients: clients, connectionLimit: connectionLimit,
            now: TokenTime(instant: MonotonicClock.now, wallNanoseconds: MonotonicClock.wallNanoseconds))
        self.context = context
        let pending = Pending(configuration.loops, output, log)
        self.pending = pending

        let main = try ListenerSet(configuration.listen, from: "RELAY_LISTEN", loops: configuration.loops)
        let admin = try configuration.adminListen.map {
            try ListenerSet($0, from: "RELAY_ADMIN_LISTEN", loops: 1)
        }
        var mailboxes: [Mailbox<LoopMessage>] = []
        for index in 0..<configuration.loops {
            let mailbox = try Mailbox<LoopMessage>()
            mailboxes.append(mailbox)
            _ = try LoopThread(name: "loop-\(index)") {
                do throws(SystemCallError) {
                    let loop = try EventLoop()
                    let server = try LoopServer(context: context, index: index, loop: loop, mailbox: mailbox) {
                        pending.loop(isDrained: $0)
                    }
                    if let listener = main.take(index) { try server.listen(listener, isAdmin: false) }
                    if let listener = admin?.take(index) { try server.listen(listener, isAdmin: true) }
                    if index == 0 { issuerDoor.open(server.transport.makeIssuerTransport(issuerProfile)) }
                    loop.run()
                } catch {
                    log.error("loop failed to start", ["error": .string(error.description)])
                    pending.end(1, "loop failed")
                }
            }
        }
        self.mailboxes = mailboxes
        announce(main.address, admin: admin?.address)
        if let cache { Task { await cache.start() } }
        keyWatcher?.start()
    }

    /// Serves until a signal says stop; never returns.
    package func run() -> Never {
        var isDraining = false
        while true {
            switch Signals.wait() {
            case .reload:
                context.log.info("reload", [:])
                if let cache = context.token.cache { Task { await cache.reset() } }
                keyWatcher?.check()
            case .terminate where isDraining:
                pending.end(1, "second signal")
            case .terminate:
                isDraining = true
                drain()
            }
        }
    }

    private func drain() {
        let limit = context.configuration.clocks.drain
        context.log.info("draining", ["limit_ms": .milliseconds(limit)])
        for mailbox in mailboxes { mailbox.post(.drain) }
        if let cache = context.token.cache { Task { await cache.stop() } }
        let (mailboxes, pending) = (mailboxes, pending)
        Task {
            try? await Task.sleep(for: limit)
            let torn = LoopCount()
            for mailbox in mailboxes { mailbox.post(.drainDeadline { torn.add() }) }
            // A loop gets to it soon, unless the machine is overloaded: what it tears must still look torn.
            for _ in 0..<100 where torn.value < mailboxes.count { try? await Task.sleep(for: .milliseconds(50)) }
            // What its client has not taken yet gets a moment; then it is over, whoever still does not read.
            try? await Task.sleep(for: .milliseconds(500))
            pending.end(0, "drain deadline")
        }
    }

    private func announce(_ address: String, admin: String?) {
        context.log.info(
            "listening",
            [
                "address": .string(address), "admin_address": LogValue(admin),
                "loops": .int(Int64(context.configuration.loops)), "version": .string(Version.number),
                "token_source": .string(context.configuration.token.source.label),
            ])
    }

    private static func readFile(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { [UInt8]($0) }
    }

    /// A stream costs two descriptors: client and upstream.
    private static func connectionLimit(_ configuration: Configuration, _ descriptors: Int, _ log: Log) -> Int {
        let wanted = configuration.limits.maxConnections
        // Beside them: kept upstream connections and the URLSession of each loop, connections that are told of the
        // limit, and what the process itself has open.
        let perLoop = configuration.upstream.idleConnections + UpstreamTransport.ownDescriptors
        let reserve = configuration.loops * perLoop + ConnectionCount.courtesy + 64
        let possible = max(16, (descriptors - reserve) / 2)
        guard possible < wanted else { return wanted }
        log.warn(
            "fewer connections than RELAY_MAX_CONNECTIONS: the descriptor limit is too low",
            ["descriptors": .int(Int64(descriptors)), "connections": .int(Int64(possible))])
        return possible
    }
}
