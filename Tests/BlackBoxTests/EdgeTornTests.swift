// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// An answer that ends early looks so to the client, whatever its framing.
@Suite(
    "Edge: torn answers",
    .relay(["RELAY_IDLE_TIMEOUT": "700ms", "RELAY_RETRY": "connect=2,429=1,503=1"]))
struct EdgeTornTests {
    static let event =
        "\n\ndata: {\"error\":{\"message\":\"relay: upstream stream interrupted\",\"type\":\"relay_error\","
        + "\"code\":\"upstream_stream_interrupted\"}}\n\n"
    private static let stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"

    enum Ending: Sendable { case closes, resets, fallsSilent }

    private static func script(
        _ bench: EdgeBench, _ bytes: String, _ ending: Ending, after arrived: Gate = Gate()
    ) -> String {
        bench.script { _, connection in
            try connection.send(latin1Bytes(bytes))
            switch ending {
            case .closes: connection.close()
            case .resets:
                // Not before the bytes are through: a reset may destroy what has not been read.
                try arrived.wait()
                connection.reset()
            case .fallsSilent: _ = connection.waitForPeerClose()
            }
        }
    }

    @Test(
        "an event stream gets an error event and no final chunk",
        arguments: [
            ("5\r\ndata:\r\n", Ending.closes), ("5\r\ndata:\r\n", .resets), ("5\r\ndata:\r\n", .fallsSilent),
            ("5\r\ndata:\r\nzz\r\n", .fallsSilent), ("5\r\ndata:\r\n\r\n", .fallsSilent),
            ("5\r\ndata:XX", .fallsSilent),
            ("5\r\ndata:\r\nFFFFFFFFFFFFFFFFF\r\n", .fallsSilent), ("5\r\ndata:\r\n0\r\n", .closes),
        ])
    func eventStream(chunks: String, ending: Ending) async throws {
        try await edge { bench in
            let arrived = Gate()
            let key = Self.script(
                bench, Self.stream + "Transfer-Encoding: chunked\r\n\r\n" + chunks, ending, after: arrived)
            let client = try bench.relay.connect()
            try bench.send(key, on: client)
            let head = try client.readHead(to: "POST")
            client.connection.putBack(try client.read(through: "data:"))
            arrived.open()
            let answer = try client.readBody(of: head)
            #expect(answer.status == 200)
            #expect(answer["X-Accel-Buffering"] == "no")
            #expect(answer["Cache-Control"] == "no-cache")
            #expect(!answer.isComplete)
            #expect(answer.bodyText == "data:" + Self.event)
            #expect(bench.seen(key).count == 1)
            try Self.expectTornLog(bench, key)
        }
    }

    @Test(
        "with a length the answer ends short of it; the event only where it does not fill it up",
        arguments: [
            (10_000, true), (5 + event.utf8.count + 1, true), (5 + event.utf8.count, false), (20, false),
        ])
    func lengths(length: Int, hasEvent: Bool) async throws {
        try await edge { bench in
            let key = Self.script(bench, Self.stream + "Content-Length: \(length)\r\n\r\ndata:", .closes)
            let answer = try bench.post(key)
            #expect(!answer.isComplete)
            #expect(answer["Content-Length"] == "\(length)")
            #expect(answer.bodyText == "data:" + (hasEvent ? Self.event : ""))
            try Self.expectTornLog(bench, key)
        }
    }

    @Test(
        "what is no plain event stream ends early without a word",
        arguments: [
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "Content-Type: application/json\r\nContent-Length: 6\r\n\r\nhello",
            "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        ])
    func others(rest: String) async throws {
        try await edge { bench in
            let key = Self.script(bench, "HTTP/1.1 200 OK\r\n" + rest, .closes)
            let client = try bench.relay.connect()
            let answer = try bench.post(key, on: client)
            #expect(!answer.isComplete)
            #expect(answer.bodyText == "hello")
            #expect(client.waitForPeerClose())
            try Self.expectTornLog(bench, key)
        }
    }

    @Test("towards HTTP/1.0 the event is all that can be said")
    func http10() async throws {
        try await edge { bench in
            let key = Self.script(bench, Self.stream + "Transfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n", .closes)
            let client = try bench.relay.connect()
            try client.send("POST \(bench.target(key)) HTTP/1.0\r\nX-Request-Id: \(key)\r\nContent-Length: 2\r\n\r\n{}")
            let head = try client.readHead()
            #expect(head["Transfer-Encoding"] == nil)
            #expect(String(decoding: try client.readToEnd(), as: UTF8.self) == "data:" + Self.event)
            try Self.expectTornLog(bench, key)
        }
    }

    @Test("pieces of an event stream pass one by one, however they are cut")
    func pieces() async throws {
        try await edge([:]) { bench in
            let bytes = Array("data: caf\u{E9} \u{1F600}\r\n\r\n: c\n\ndata: [DONE]\n\n".utf8)
            let gates = bytes.map { _ in Gate() }
            let key = bench.script { _, connection in
                try connection.sendEventStreamHead()
                for (gate, byte) in zip(gates, bytes) {
                    try gate.wait()
                    try connection.sendChunk([byte])
                }
                try connection.sendLastChunk()
            }
            let client = try bench.relay.connect()
            try bench.send(key, on: client)
            #expect(try client.readHead()["Content-Type"] == "text/event-stream")
            for (gate, byte) in zip(gates, bytes) {
                gate.open()
                #expect(try client.read(exactly: 6) == Array("1\r\n".utf8) + [byte, 13, 10])
            }
            #expect(try client.read(exactly: 5) == Array("0\r\n\r\n".utf8))
            #expect(try bench.log(key).int("pieces") == bytes.count)
        }
    }

    private static func expectTornLog(_ bench: EdgeBench, _ key: String) throws {
        let line = try bench.log(key)
        #expect(["upstream_stream_interrupted", "upstream_timeout"].contains(line.string("outcome")))
        #expect(line.string("side") == "upstream")
        #expect(line.int("status") == 200)
        #expect(try bench.metric("relay_truncated_total") >= 1)
    }
}

/// Comments that keep a silent stream alive.
@Suite("Edge: heartbeat", .relay(["RELAY_SSE_HEARTBEAT": "1s"]))
struct EdgeHeartbeatTests {
    @Test("comes only while upstream is silent between events, never inside one, never before the head")
    func betweenEvents() async throws {
        try await edge { bench in
            let (head, rest, second) = (Gate(), Gate(), Gate())
            let key = bench.script { _, connection in
                try head.wait()
                // In one write: on a slow machine a heartbeat might come between head and event.
                try connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "f\r\ndata: 1\n\ndata: \r\n")
                try rest.wait()
                try connection.sendChunk("2\n\n")
                try second.wait()
                try connection.sendLastChunk()
            }
            let client = try bench.relay.connect()
            try bench.send(key, on: client)
            #expect(throws: SupportError.timedOut("bytes")) { try client.readSome(timeout: .milliseconds(1_300)) }
            head.open()
            let answer = try client.readHead()
            #expect(try client.read(through: "data: 1\n\ndata: \r\n").count == 20)
            #expect(throws: SupportError.timedOut("bytes")) { try client.readSome(timeout: .milliseconds(2_300)) }
            rest.open()
            #expect(
                String(decoding: try client.read(through: ": keep-alive\n\n\r\n"), as: UTF8.self)
                    == "3\r\n2\n\n\r\ne\r\n: keep-alive\n\n\r\n")
            second.open()
            #expect(try client.read(through: "0\r\n\r\n").isEmpty == false)
            #expect(answer.framing == .chunked)
        }
    }
}
