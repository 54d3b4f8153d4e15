// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// The client side's clocks: each ends what it is for, with its own answer.
@Suite("Edge: clocks")
struct EdgeClockTests {
    private static let header = ["RELAY_HEADER_TIMEOUT": "1s"]

    /// A connection that has sent this; made anew if the machine was so slow at it that the clock of the head may have
    /// run out before.
    private static func begin(_ text: String, _ bench: EdgeBench) throws -> RawClient {
        for _ in 0..<100 {
            let start = monotonicNanoseconds()
            let client = try bench.relay.connect()
            try? client.send(text)
            if monotonicNanoseconds() - start < 500_000_000 { return client }
        }
        throw SupportError.timedOut("half a second without a stall")
    }

    @Test(
        "a head that does not end", arguments: ["G", "GET /v1/models HTTP/1.1\r\nHost: a\r\nX-Slow: ", "\r\n\r\nPOST"])
    func slowHead(start: String) async throws {
        try await edge(Self.header) { bench in
            let client = try Self.begin(start, bench)
            let answer = try client.readResponse()
            #expect((answer.status, answer.errorCode) == (408, "request_timeout"))
            #expect(answer["Connection"] == "close")
            #expect(try client.readToEnd() == [])
        }
    }

    @Test("a head that trickles in is not given more time for each byte")
    func trickle() async throws {
        try await edge(Self.header) { bench in
            let client = try Self.begin("GET /healthz HTTP/1.1\r\nX-Slow: ", bench)
            var received: [UInt8] = []
            let deadline = Deadline(hangLimit)
            while received.isEmpty, !deadline.isOver {
                try? client.send("x")
                received = (try? client.readSome(timeout: .milliseconds(20))) ?? []
            }
            #expect(String(decoding: received.prefix(12), as: UTF8.self) == "HTTP/1.1 408")
        }
    }

    @Test(
        "a body that does not come",
        arguments: ["Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n5\r\nha"])
    func slowBody(rest: String) async throws {
        try await edge(["RELAY_BODY_TIMEOUT": "300ms"]) { bench in
            let client = try bench.relay.connect()
            try client.send("POST \(EdgeBench.chat) HTTP/1.1\r\nHost: a\r\nX-Request-Id: body\r\n\(rest)")
            let answer = try client.readResponse()
            #expect((answer.status, answer.errorCode) == (408, "request_timeout"))
            #expect(try client.readToEnd() == [])
            let line = try bench.log("body")
            #expect((line.string("outcome"), line.string("side")) == ("request_timeout", "client"))
        }
    }

    @Test("a body that comes steadily may take longer than the gap allowed")
    func steadyBody() async throws {
        try await edge(["RELAY_BODY_TIMEOUT": "1s"]) { bench in
            let key = bench.script { request, connection in try connection.respond(body: request.body) }
            // Only a body whose every gap was short enough proves anything: another one is sent if the machine stalled.
            let isProven = try eventually {
                let client = try bench.relay.connect()
                try client.send("POST \(bench.target(key)) HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n")
                var last = monotonicNanoseconds()
                for _ in 0..<8 {
                    let early = try? client.readSome(timeout: .milliseconds(150))
                    let next = monotonicNanoseconds()
                    try? client.send("x")
                    if monotonicNanoseconds() - last > 900_000_000 { return false }
                    #expect(early == nil)
                    last = next
                }
                #expect(try client.readResponse().bodyText == "xxxxxxxx")
                return true
            }
            #expect(isProven)
        }
    }

    @Test("a connection without a request is closed without a word", arguments: [false, true])
    func idle(afterRequest: Bool) async throws {
        try await edge([afterRequest ? "RELAY_KEEPALIVE_TIMEOUT" : "RELAY_HEADER_TIMEOUT": "300ms"]) { bench in
            let client = try bench.relay.connect()
            if afterRequest { #expect(try client.exchange("GET", "/healthz").status == 200) }
            #expect(try client.readToEnd() == [])
        }
    }

    @Test("a client that takes no byte is dropped, and upstream is let go")
    func clientTakesNothing() async throws {
        try await edge(["RELAY_CLIENT_WRITE_TIMEOUT": "500ms", "RELAY_CLIENT_BUFFER": "16KiB"]) { bench in
            let closed = Monitor<PeerClose?>(nil)
            let key = bench.script { _, connection in
                try connection.sendHead(fields: [WireField("Content-Length", "100000000")])
                let piece = [UInt8](repeating: 7, count: 65_536)
                do { while true { try connection.send(piece) } } catch {}
                closed.withLock { $0 = .reset }
            }
            let client = try bench.relay.connect(receiveBuffer: 4_096)
            try bench.send(key, on: client)
            let line = try bench.log(key)
            #expect((line.string("outcome"), line.string("side")) == ("client_write_timeout", "client"))
            #expect(closed.wait { $0 != nil })
            #expect(try bench.waitFor("relay_inflight", 0))
        }
    }

    @Test("a client that takes little at a time is served to the end, however full its socket looks")
    func clientTakesLittle() async throws {
        let isProven = try await edge(["RELAY_CLIENT_WRITE_TIMEOUT": "6s"]) { bench in
            // Only a client that has not been stalled proves anything: another one comes if the machine did that.
            try eventually { try Self.takesLittle(20_000_000, bench) }
        }
        #expect(isProven)
    }

    /// False if the client was stalled.
    private static func takesLittle(_ size: Int, _ bench: EdgeBench) throws -> Bool {
        let key = bench.script { _, connection in
            try connection.sendHead(fields: [WireField("Content-Length", "\(size)")])
            try connection.send([UInt8](repeating: 7, count: size))
        }
        let client = try bench.relay.connect()
        try bench.send(key, on: client)
        _ = try client.readHead()
        // A pace at which the socket's buffer would be a third free only after that time.
        let end = Deadline(.seconds(8))
        var taken = 0
        var last = monotonicNanoseconds()
        while !end.isOver {
            let more = try? client.readSome(upTo: 16_384)
            let now = monotonicNanoseconds()
            if now - last > 4_000_000_000 { return false }
            taken += try #require(more).count
            last = now
            _ = try client.socket.waitForHangUp(by: Deadline(.milliseconds(300)))
        }
        #expect(taken < 1_000_000)
        #expect(try client.read(exactly: size - taken).last == 7)
        #expect(try bench.log(key).string("outcome") == "ok")
        return true
    }
}
