// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// What a broken upstream makes of an exchange: the documented status and code, one log line, one count.
@Suite("Edge: upstream faults before the answer", .relay(["RELAY_RETRY": "off"]))
struct EdgeFaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: String
        var status = 502
        var code = "upstream_bad_response"
        var kind = "bad_response"
        var resets = false
        var testDescription: String { name }

        static func reset(_ name: String, _ bytes: String, resets: Bool = false) -> Fault {
            Fault(name: name, bytes: bytes, code: "upstream_reset", kind: "reset", resets: resets)
        }
    }

    private static let ok = "HTTP/1.1 200 OK\r\n"

    static let faults: [Fault] = [
        .reset("closed without a byte", ""), .reset("reset without a byte", "", resets: true),
        Fault(name: "an unasked-for 101", bytes: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
        Fault(name: "not HTTP", bytes: "SSH-2.0-OpenSSH_9.2\r\n"),
        Fault(name: "a body without a head", bytes: "{\"ok\":true}"),
        Fault(name: "two digits", bytes: "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
        Fault(name: "four digits", bytes: "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
        Fault(name: "no digits", bytes: "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n"),
        Fault(name: "status 099", bytes: "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"),
        Fault(name: "version 3", bytes: "HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
        Fault(name: "version x", bytes: "HTTP/1.x 200 OK\r\nContent-Length: 0\r\n\r\n"),
        Fault(name: "a length that is none", bytes: ok + "Content-Length: +5\r\n\r\nhello"),
        Fault(name: "a negative length", bytes: ok + "Content-Length: -1\r\n\r\nhello"),
        Fault(name: "an empty length", bytes: ok + "Content-Length:\r\n\r\nhello"),
        Fault(name: "an overflowing length", bytes: ok + "Content-Length: 99999999999999999999\r\n\r\nhello"),
        Fault(name: "two lengths", bytes: ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        Fault(name: "a list of lengths", bytes: ok + "Content-Length: 5, 6\r\n\r\nhello"),
        Fault(
            name: "length and chunks", bytes: ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Fault(name: "an odd coding", bytes: ok + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        Fault(name: "two codings", bytes: ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        Fault(
            name: "chunked twice",
            bytes: ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Fault(name: "chunks in HTTP/1.0", bytes: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Fault(name: "a line without a colon", bytes: ok + "Nonsense\r\nContent-Length: 0\r\n\r\n"),
        Fault(name: "a folded first line", bytes: ok + " X: a\r\nContent-Length: 0\r\n\r\n"),
        Fault(name: "a folded line", bytes: ok + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
        Fault(name: "space before the colon", bytes: ok + "Content-Length : 0\r\n\r\n"),
        Fault(name: "a NUL in a field", bytes: ok + "X: a\0b\r\nContent-Length: 0\r\n\r\n"),
        Fault(name: "a bare CR in a field", bytes: ok + "X: a\rb\r\nContent-Length: 0\r\n\r\n"),
        Fault(
            name: "a head without end",
            bytes: ok + String(repeating: "X-Long: \(String(repeating: "x", count: 990))\r\n", count: 400)),
        Fault(name: "a line without end", bytes: ok + "X-Long: " + String(repeating: "x", count: 400_000)),
        .reset("closed inside the status line", "HTTP/1.1 20"),
        .reset("closed after the status line", ok), .reset("closed inside the head", ok + "Content-Len"),
        .reset("reset inside the head", ok + "Content-Length: 5\r\n", resets: true),
        .reset("closed after an interim head", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    ]

    @Test("a fault before the head", arguments: faults)
    func beforeHead(fault: Fault) async throws {
        try await edge { bench in
            let key = bench.script { _, connection in
                try? connection.send(latin1Bytes(fault.bytes))
                if fault.resets { connection.reset() } else { connection.close() }
            }
            let counted = try bench.metric("relay_upstream_errors_total", "kind=\"\(fault.kind)\"")
            let client = try bench.relay.connect()
            let answer = try bench.post(key, on: client)
            #expect((answer.status, answer.errorCode) == (fault.status, fault.code))
            #expect(answer.values(of: "X-Request-Id") == [key])
            #expect(bench.seen(key).count == 1, "a POST that may have been acted on is sent once")
            let line = try bench.log(key)
            #expect((line.string("outcome"), line.string("side")) == (fault.code, "upstream"))
            #expect(line.int("status") == fault.status)
            #expect(try bench.metric("relay_upstream_errors_total", "kind=\"\(fault.kind)\"") > counted)
            #expect(try client.exchange("GET", "/healthz").status == 200)
        }
    }

    @Test("an answer that begins with a folded line does no harm after answers that did not")
    func foldedAfterWhole() async throws {
        try await edge { bench in
            for _ in 0..<8 {
                let whole = try bench.post(bench.script { _, connection in try connection.respond(json: "{}") })
                #expect(whole.status == 200)
                let key = bench.script { _, connection in
                    try connection.send(Self.ok + " folded: x\r\nContent-Length: 0\r\n\r\n")
                }
                let folded = try bench.post(key)
                #expect(folded.errorCode == "upstream_bad_response")
            }
        }
    }

    @Test("silence before the head ends with the first-byte clock")
    func firstByte() async throws {
        try await edge(["RELAY_RETRY": "off", "RELAY_FIRST_BYTE_TIMEOUT": "1s"]) { bench in
            let left = Monitor<PeerClose?>(nil)
            let key = bench.script { _, connection in
                try connection.send("HTTP/1.1 103 Early Hints\r\n\r\n")
                let close = connection.waitForPeerClose()
                left.withLock { $0 = close }
            }
            let answer = try bench.post(key)
            #expect((answer.status, answer.errorCode) == (504, "upstream_timeout"))
            #expect(try bench.log(key).string("side") == "upstream")
            #expect(left.wait { $0 != nil })
            #expect(try bench.metric("relay_upstream_errors_total", "kind=\"first_byte_timeout\"") == 1)
            let cause = bench.relay.waitForLog {
                $0.string("msg") == "upstream call failed" && $0.string("request_id") == key
            }
            #expect(cause?.string("kind") == "first_byte_timeout")
            #expect(cause?.string("detail") == "RELAY_FIRST_BYTE_TIMEOUT passed")
        }
    }

    @Test(
        "what is odd but whole passes",
        arguments: [
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 302 Found\r\nLocation: //[::1]/x\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 500 Broken\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 \r\nContent-Length:2\r\n\r\nhi",
            "HTTP/1.1 299 Odd\r\nContent-Length: 2, 2\r\nX-Latin: caf\u{E9}\r\n\r\nhi",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2;x=y\r\nhi\r\n0\r\nX-T: 1\r\nX-T: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n000\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more than was promised",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
            "HTTP/1.1 999 Far\r\nContent-Length: 2\r\n\r\nhi",
        ])
    func passes(answer bytes: String) async throws {
        try await edge { bench in
            let key = bench.script(sending: bytes)
            let client = try bench.relay.connect()
            for _ in 0..<2 {
                let answer = try bench.post(key, on: client)
                #expect(answer.bodyText == "hi")
                #expect(answer.isComplete)
                #expect(answer.trailers.isEmpty)
                #expect(bytes.contains("HTTP/1.1 \(answer.status)"))
                #expect(answer.status >= 200)
            }
            #expect(bench.seen(key).count == 2)
            #expect(
                try bench.log(key).string("outcome")
                    == (bytes.hasPrefix("HTTP/1.1 1") || bytes.hasPrefix("HTTP/1.1 2") || bytes.hasPrefix("HTTP/1.1 3")
                        ? "ok" : "upstream_status"))
        }
    }

    @Test("a body where there must be none is not passed on, nor mistaken for the next answer", arguments: [204, 304])
    func bodyBehindNone(status: Int) async throws {
        try await edge { bench in
            let key = bench.script(
                sending: "HTTP/1.1 \(status) X\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
            let next = bench.script(sending: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue")
            let client = try bench.relay.connect()
            for _ in 0..<3 {
                #expect(try bench.post(key, on: client).status == status)
                #expect(try bench.post(next, on: client).bodyText == "true")
            }
        }
    }

    @Test(
        "what follows a whole answer is not mistaken for the next one",
        arguments: [
            ("HEAD", "Content-Length: 2\r\n\r\n"), ("POST", "Content-Length: 2\r\n\r\nhi"),
            ("POST", "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
            ("POST", "Content-Length: 0\r\n\r\n"),
        ])
    func surplus(method: String, rest: String) async throws {
        // A relay of its own: no other request shall take the connection in question.
        try await edge([:]) { bench in
            let forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
            let (late, sent) = (Monitor(0), Monitor(0))
            let key = bench.script { _, connection in
                // In the first round with the answer, in the second behind it, when the connection rests.
                let round = late.value
                try connection.send("HTTP/1.1 200 OK\r\n\(rest)\(round == 0 ? forged : "")")
                if round == 0 { return }
                late.wait { $0 == 2 }
                try? connection.send(forged)
                sent.withLock { $0 += 1 }
            }
            let next = bench.script(sending: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue")
            let client = try bench.relay.connect()
            for round in 0..<2 {
                late.withLock { $0 = round }
                try client.sendRequest(method, method == "HEAD" ? "/v1/models?key=\(key)" : bench.target(key))
                #expect(try client.readResponse(to: method).status == 200)
                if round == 1 {
                    late.withLock { $0 = 2 }
                    #expect(sent.wait { $0 == 1 })
                    // One more turn of the loop, so that the relay has seen what came.
                    #expect(try client.exchange("GET", "/healthz").status == 200)
                }
                for turn in 0..<2 {
                    let answer = try bench.post(next, on: client)
                    #expect(answer.bodyText == "true", "round \(round), request \(turn): \(answer.status)")
                }
            }
        }
    }

    @Test("the clock of the whole exchange ends it, before the head and in the middle of a stream")
    func totalTimeout() async throws {
        try await edge(["RELAY_TOTAL_TIMEOUT": "1s"]) { bench in
            let silent = bench.script { _, connection in _ = connection.waitForPeerClose() }
            let stream = bench.script { _, connection in
                try connection.sendEventStreamHead()
                // Never idle, and still over in time.
                while connection.waitForPeerClose(timeout: .milliseconds(20)) == nil {
                    try connection.sendChunk("data: 1\n\n")
                }
            }
            let answer = try bench.post(silent)
            #expect((answer.status, answer.errorCode) == (504, "upstream_timeout"))
            // Again if the machine was too slow to begin the stream in that time.
            let torn = try EdgeLimitTests.repeating {
                try bench.post(stream)
            } until: {
                $0.status == 200
            }
            #expect(!torn.isComplete)
            #expect(torn.bodyText.hasSuffix(EdgeTornTests.event))
            for key in [silent, stream] { #expect(try bench.log(key).string("outcome") == "upstream_timeout") }
        }
    }

    @Test("an answer that comes while the request is still being sent")
    func earlyAnswer() async throws {
        try await edge { bench in
            let key = bench.script(early: true) { _, connection in
                try connection.send("HTTP/1.1 429 Slow down\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly")
                connection.halfClose()
                _ = connection.waitForPeerClose()
            }
            let client = try bench.relay.connect()
            let answer = try bench.post(key, body: [UInt8](repeating: 0x20, count: 8 << 20), on: client)
            #expect((answer.status, answer.bodyText) == (429, "early"))
            #expect(try client.exchange("GET", "/healthz").status == 200)
        }
    }
}
