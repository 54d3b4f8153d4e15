// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// A client that leaves takes its upstream call with it, wherever the exchange stands.
@Suite("Edge: client gone", .relay(["RELAY_CLIENT_BUFFER": "64KiB"]))
struct EdgeCancelTests {
    enum Moment: String, CaseIterable, Sendable { case beforeHead, afterHead, midStream, whilePaused, whileSending }

    @Test("upstream's connection is closed at once", arguments: Moment.allCases, [PeerClose.finished, .reset])
    func cancels(moment: Moment, way: PeerClose) async throws {
        try await edge { bench in
            let (reached, left, closed) = (Gate(), Gate(), Gate())
            let size = moment == .whileSending ? 48 << 20 : 2
            let key = bench.script(early: moment == .whileSending) { _, connection in
                try Self.act(moment, reached, connection)
                if moment == .whileSending {
                    // What the kernels hold still comes; the rest of the body does not.
                    try left.wait()
                    var taken = 0
                    while let more = try? connection.connection.takeSome(by: Deadline(hangLimit)), !more.isEmpty {
                        taken += more.count
                    }
                    #expect(taken < size)
                }
                closed.open()
            }
            let client = try bench.relay.connect(receiveBuffer: 4_096)
            try bench.send(key, body: [UInt8](repeating: 0x20, count: size), on: client)
            try reached.wait()
            if moment == .midStream { _ = try client.read(through: "data: 1\n\n") }
            if moment == .whilePaused {
                #expect(try bench.waitFor("relay_slow_reader_total") { $0 >= 1 })
            }
            if way == .reset { client.reset() } else { client.close() }
            if moment == .whileSending { #expect(try bench.log(key).string("outcome") == "client_gone") }
            left.open()
            // No clock of the relay's would end it before this gives up.
            try closed.wait()
            let line = try bench.log(key)
            #expect((line.string("outcome"), line.string("side")) == ("client_gone", "client"))
            #expect(bench.seen(key).count == 1)
            #expect(try bench.metric("relay_cancelled_total", "side=\"client\"") >= 1)
        }
    }

    private static func act(_ moment: Moment, _ reached: Gate, _ connection: ScriptedConnection) throws {
        switch moment {
        case .beforeHead, .whileSending: break
        case .afterHead: try connection.sendEventStreamHead()
        case .midStream:
            try connection.sendEventStreamHead()
            try connection.sendChunk("data: 1\n\n")
        case .whilePaused:
            try connection.sendHead(fields: [WireField("Transfer-Encoding", "chunked")])
            reached.open()
            let piece = [UInt8](repeating: 7, count: 65_536)
            do { while true { try connection.sendChunk(piece) } } catch { return }
        }
        reached.open()
        if moment != .whileSending { _ = connection.waitForPeerClose() }
    }

    @Test("everything is given back")
    func gauges() async throws {
        try await edge(["RELAY_MAX_INFLIGHT": "4", "RELAY_QUEUE": "0"]) { bench in
            let key = bench.script { _, connection in
                try connection.sendEventStreamHead()
                _ = connection.waitForPeerClose()
            }
            for _ in 0..<5 {
                let clients = try (0..<4).map { _ in try bench.relay.connect() }
                for client in clients { try bench.send(key, on: client) }
                for client in clients { #expect(try client.readHead().status == 200) }
                #expect(try bench.metric("relay_inflight") == 4)
                for client in clients { client.close() }
                #expect(try bench.waitFor("relay_inflight", 0))
            }
            #expect(try bench.waitFor("relay_connections", 1))
            #expect(try bench.metric("relay_cancelled_total", "side=\"client\"") == 20)
            #expect(bench.upstream.waitUntilIdle())
        }
    }

    @Test("while waiting for a token: nothing goes upstream, and the renewal goes on for others")
    func waitingForToken() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            let gate = Gate()
            issuer.script(.held(gate, lifetime: 300))
            let bench = try EdgeBench(Self.oauth(issuer))
            defer { bench.stop() }
            let key = bench.script { _, connection in try connection.respond(json: "{}") }
            let client = try bench.relay.connect()
            try bench.send(key, on: client)
            #expect(issuer.waitForCalls(1))
            client.close()
            #expect(try bench.log(key).string("outcome") == "client_gone")
            #expect(bench.seen(key).isEmpty)
            #expect(try bench.waitFor("relay_inflight", 0))
            gate.open()
            #expect(try bench.post(key).status == 200)
            #expect(issuer.callCount == 1)
        }
    }

    static func oauth(_ issuer: ScriptedIssuer) -> [String: String] {
        [
            "RELAY_OAUTH_TOKEN_URL": issuer.url, "RELAY_OAUTH_CLIENT_ID": "id", "RELAY_OAUTH_CLIENT_SECRET": "secret",
            "RELAY_TOKEN_WAIT": "600s", "RELAY_TOKEN_TIMEOUT": "600s",
        ]
    }

    @Test("a half-closed client is served where that is wanted")
    func halfClose() async throws {
        try await edge(["RELAY_HALF_CLOSE": "true"]) { bench in
            let gate = Gate()
            let key = bench.script { request, connection in
                try gate.wait()
                try connection.respond(body: request.body)
            }
            let client = try bench.relay.connect()
            try bench.send(key, on: client)
            #expect(bench.waitUntilSeen(key))
            client.halfClose()
            gate.open()
            #expect(try client.readResponse().bodyText == "{}")
            #expect(try client.readToEnd() == [])
        }
    }

    @Test(
        "a half-closed client gets what the relay answers itself",
        arguments: ["/healthz", "/readyz", "/metrics", "/status.json", "/"])
    func halfClosedProbe(path: String) async throws {
        try await edge { bench in
            let client = try bench.relay.connect()
            try client.send("GET \(path) HTTP/1.0\r\n\r\n")
            client.halfClose()
            #expect(try client.readResponse().status == 200)
            #expect(try client.readToEnd() == [])
        }
    }
}
