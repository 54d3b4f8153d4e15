// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayTestSupport
import Testing

/// SIGTERM: no new clients, exchanges finish, exit 0.
@Suite("Edge: drain")
struct EdgeDrainTests {
    private static let environment = ["RELAY_LOOPS": "3"]

    /// Sends SIGTERM and waits until the relay says that it drains.
    private static func drain(_ bench: EdgeBench) throws {
        bench.relay.process.send(SIGTERM)
        #expect(bench.relay.waitForLog { $0.string("msg") == "draining" } != nil)
    }

    private static func expectListenerClosed(_ bench: EdgeBench) throws {
        #expect(bench.relay.waitUntilListenerIsClosed(), "the listener still accepts")
    }

    @Test("an idle relay ends at once, whatever keep-alive connections are open", arguments: [SIGTERM, SIGINT])
    func idle(signal: Int32) async throws {
        try await edge(Self.environment) { bench in
            let client = try bench.relay.connect()
            #expect(try client.exchange("GET", "/healthz").status == 200)
            // Far sooner than the ten minutes that a drain may take here.
            #expect(bench.relay.stop(signal: signal) == .code(0))
            #expect(client.waitForPeerClose())
        }
    }

    @Test("a stream finishes; meanwhile the listener refuses, and open connections hear that it is not ready")
    func stream() async throws {
        try await edge(Self.environment) { bench in
            let (more, end) = (Gate(), Gate())
            let key = bench.script { _, connection in
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: 1\n\n")
                try more.wait()
                try connection.sendChunk("data: 2\n\n")
                try end.wait()
                try connection.sendLastChunk()
            }
            // Many, so that every loop has some of them.
            let client = try bench.relay.connect()
            let idle = try (0..<12).map { _ in try bench.relay.connect() }
            #expect(bench.relay.waitUntilReady())
            for other in idle { #expect(try other.exchange("GET", "/readyz").status == 200) }
            try bench.send(key, on: client)
            let head = try client.readHead()
            try Self.drain(bench)
            try Self.expectListenerClosed(bench)
            for other in idle {
                let ready = try other.exchange("GET", "/readyz")
                #expect(ready.status == 503)
                #expect(JSON(parsing: ready.body)?["reason"]?.text == "draining")
            }
            more.open()
            _ = try client.read(through: "data: 2\n\n")
            end.open()
            #expect(head.status == 200)
            #expect(String(decoding: try client.readToEnd().suffix(5), as: UTF8.self) == "0\r\n\r\n")
            #expect(bench.relay.process.waitForExit() == .code(0))
            #expect(try bench.log(key).string("outcome") == "ok")
        }
    }

    @Test("a new request on an open connection is told so")
    func newRequest() async throws {
        try await edge(Self.environment) { bench in
            let gate = Gate()
            let key = bench.script { _, connection in
                try gate.wait()
                try connection.respond(json: "{}")
            }
            let (busy, other) = (try bench.relay.connect(), try bench.relay.connect())
            #expect(try other.exchange("GET", "/healthz").status == 200)
            try bench.send(key, on: busy)
            #expect(bench.waitUntilSeen(key))
            try Self.drain(bench)
            try Self.expectListenerClosed(bench)
            let answer = try bench.post(key, on: other)
            #expect((answer.status, answer.errorCode) == (503, "draining"))
            #expect(answer["Retry-After"] != nil)
            #expect(answer["Connection"] == "close")
            gate.open()
            let last = try busy.readResponse()
            #expect(last.status == 200)
            #expect(bench.relay.process.waitForExit() == .code(0))
        }
    }

    @Test("who waits for a place is sent away; who is upstream finishes")
    func queued() async throws {
        try await edge(Self.environment.merging(["RELAY_MAX_INFLIGHT": "1"]) { $1 }) { bench in
            let gate = Gate()
            let key = bench.script { _, connection in
                try gate.wait()
                try connection.respond(json: "{}")
            }
            let other = bench.script { _, connection in try connection.respond(json: "{}") }
            let (first, second) = (try bench.relay.connect(), try bench.relay.connect())
            try bench.send(key, on: first)
            #expect(bench.waitUntilSeen(key))
            try bench.send(other, on: second)
            #expect(try bench.waitFor("relay_queue_depth", 1))
            try Self.drain(bench)
            let answer = try second.readResponse()
            #expect((answer.status, answer.errorCode) == (503, "draining"))
            gate.open()
            #expect(try first.readResponse().status == 200)
            #expect(bench.relay.process.waitForExit() == .code(0))
            #expect(bench.seen(other).isEmpty)
        }
    }

    @Test("who waits for a token is sent away, and a hanging issuer keeps nobody")
    func waitingForToken() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.always(.hang)
            let bench = try EdgeBench(Self.environment.merging(EdgeCancelTests.oauth(issuer)) { $1 })
            defer { bench.stop() }
            let key = bench.script { _, connection in try connection.respond(json: "{}") }
            let client = try bench.relay.connect()
            try bench.send(key, on: client)
            #expect(try bench.waitFor("relay_inflight", 1))
            try Self.drain(bench)
            let answer = try client.readResponse()
            #expect((answer.status, answer.errorCode) == (503, "draining"))
            #expect(bench.relay.process.waitForExit() == .code(0))
            #expect(bench.seen(key).isEmpty)
        }
    }

    @Test("an upload may finish and is served; a head that ends too late is sent away", arguments: ["head", "body"])
    func halfSent(part: String) async throws {
        // One loop: what it answers shows what it has read.
        try await edge(["RELAY_LOOPS": "1"]) { bench in
            let key = bench.script { _, connection in try connection.respond(json: "{}") }
            // A relay that drains fetches no token: the upload needs one that is there.
            #expect(bench.relay.waitUntilReady())
            let client = try bench.relay.connect()
            #expect(try client.exchange("GET", "/healthz").status == 200)
            let head = "POST \(bench.target(key)) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
            if part == "head" {
                try client.send(head)
                // Its own answer on a second connection shows that the relay has read what came before.
                #expect(try bench.relay.connect().exchange("GET", "/healthz").status == 200)
            } else {
                try client.send(head + "\r\n")
                #expect(try client.readHead().status == 100)
            }
            try Self.drain(bench)
            try Self.expectListenerClosed(bench)
            try client.send(part == "head" ? "\r\n" : "{}")
            let answer = try client.readResponse()
            if part == "head" {
                #expect((answer.status, answer.errorCode) == (503, "draining"))
            } else {
                #expect(answer.status == 200)
            }
            #expect(answer["Connection"] == "close")
            #expect(bench.relay.process.waitForExit() == .code(0))
            #expect(bench.seen(key).count == (part == "head" ? 0 : 1))
        }
    }

    @Test("the deadline tears what still runs, and the exit is clean")
    func deadline() async throws {
        try await edge(["RELAY_DRAIN_TIMEOUT": "300ms", "RELAY_LOOPS": "2"]) { bench in
            let stream = bench.script { _, connection in
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: 1\n\n")
                _ = connection.waitForPeerClose()
            }
            let silent = bench.script { _, connection in _ = connection.waitForPeerClose() }
            let clients = (try bench.relay.connect(), try bench.relay.connect(), try bench.relay.connect())
            try bench.send(stream, on: clients.0)
            let head = try clients.0.readHead()
            try bench.send(silent, on: clients.1)
            #expect(bench.waitUntilSeen(silent))
            try clients.2.send(
                "POST \(EdgeBench.chat) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(try clients.2.readHead().status == 100)
            try Self.drain(bench)
            let torn = try clients.0.readBody(of: head)
            #expect(!torn.isComplete)
            #expect(torn.bodyText == "data: 1\n\n" + EdgeTornTests.event)
            let answer = try clients.1.readResponse()
            #expect((answer.status, answer.errorCode) == (503, "draining"))
            #expect(clients.2.waitForPeerClose())
            #expect(bench.relay.process.waitForExit() == .code(0))
            #expect(try bench.log(stream).string("outcome") == "draining")
            #expect(try bench.log(silent).string("outcome") == "draining")
        }
    }

    @Test("a client that does not read cannot outlast the deadline")
    func deadlineWithSlowReader() async throws {
        try await edge(["RELAY_DRAIN_TIMEOUT": "300ms"]) { bench in
            let key = bench.script { _, connection in
                try connection.sendHead(fields: [WireField("Transfer-Encoding", "chunked")])
                let piece = [UInt8](repeating: 7, count: 65_536)
                do { while true { try connection.sendChunk(piece) } } catch {}
            }
            let client = try bench.relay.connect(receiveBuffer: 4_096)
            try bench.send(key, on: client)
            #expect(try bench.waitFor("relay_slow_reader_total") { $0 >= 1 })
            #expect(bench.relay.stop() == .code(0))
        }
    }

    @Test("a second signal ends at once with 1")
    func secondSignal() async throws {
        try await edge(Self.environment) { bench in
            let key = bench.script { _, connection in _ = connection.waitForPeerClose() }
            let client = try bench.relay.connect()
            try bench.send(key, on: client)
            #expect(bench.waitUntilSeen(key))
            try Self.drain(bench)
            #expect(bench.relay.stop() == .code(1))
            #expect(client.waitForPeerClose())
        }
    }
}
