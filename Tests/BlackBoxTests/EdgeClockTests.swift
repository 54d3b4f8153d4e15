// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// The client side's clocks: each ends what it is for, with its own answer.
@Suite(
    "Edge: clocks",
    .relay([
        "RELAY_HEADER_TIMEOUT": "300ms", "RELAY_BODY_TIMEOUT": "300ms", "RELAY_KEEPALIVE_TIMEOUT": "300ms",
        "RELAY_CLIENT_WRITE_TIMEOUT": "500ms", "RELAY_CLIENT_BUFFER": "16KiB",
    ]))
struct EdgeClockTests {
    @Test(
        "a head that does not end", arguments: ["G", "GET /v1/models HTTP/1.1\r\nHost: a\r\nX-Slow: ", "\r\n\r\nPOST"])
    func slowHead(start: String) async throws {
        try await edge { bench in
            let client = try bench.relay.connect()
            try client.send(start)
            let answer = try client.readResponse()
            #expect((answer.status, answer.errorCode) == (408, "request_timeout"))
            #expect(answer["Connection"] == "close")
            #expect(try client.readToEnd() == [])
        }
    }

    @Test("a head that trickles in is not given more time for each byte")
    func trickle() async throws {
        try await edge { bench in
            let client = try bench.relay.connect()
            try client.send("GET /healthz HTTP/1.1\r\nX-Slow: ")
            var received: [UInt8] = []
            for _ in 0..<200 where received.isEmpty {
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
        try await edge { bench in
            let client = try bench.relay.connect()
            try client.send("POST \(EdgeBench.chat) HTTP/1.1\r\nHost: a\r\nX-Request-Id: body-\(rest.count)\r\n\(rest)")
            let answer = try client.readResponse()
            #expect((answer.status, answer.errorCode) == (408, "request_timeout"))
            #expect(try client.readToEnd() == [])
            let line = try bench.log("body-\(rest.count)")
            #expect((line.string("outcome"), line.string("side")) == ("request_timeout", "client"))
        }
    }

    @Test("a body that comes steadily may take longer than the gap allowed")
    func steadyBody() async throws {
        try await edge { bench in
            let key = bench.script { request, connection in try connection.respond(body: request.body) }
            let client = try bench.relay.connect()
            try client.send("POST \(bench.target(key)) HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n")
            for _ in 0..<8 {
                #expect(throws: SupportError.timedOut("bytes")) { try client.readSome(timeout: .milliseconds(60)) }
                try client.send("x")
            }
            #expect(try client.readResponse().bodyText == "xxxxxxxx")
        }
    }

    @Test("a connection without a request is closed without a word", arguments: [false, true])
    func idle(afterRequest: Bool) async throws {
        try await edge { bench in
            let client = try bench.relay.connect()
            if afterRequest { #expect(try client.exchange("GET", "/healthz").status == 200) }
            #expect(try client.readToEnd() == [])
        }
    }

    @Test("a client that takes no byte is dropped, and upstream is let go")
    func clientTakesNothing() async throws {
        try await edge { bench in
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
}
