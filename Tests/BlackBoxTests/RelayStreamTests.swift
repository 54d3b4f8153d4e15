// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Streaming: at once, unchanged, and no further than the client can read.
@Suite("Streams", .serialized)
struct RelayStreamTests {
    private static let interrupted = "upstream_stream_interrupted"

    @Test("a piece reaches the client before the next one exists")
    func piecesComeAtOnce() async throws {
        try await onThread {
            let events = ["data: 你", "好\r\n\r\n", ": c\n\n", "data: [DONE]\n\n"]
            let gates = events.map { _ in Gate() }
            let test = try RelayUnderTest { connection in
                _ = try connection.readRequest()
                try connection.sendEventStreamHead()
                for (event, gate) in zip(events, gates) {
                    try gate.wait()
                    try connection.sendChunk(event)
                }
                try connection.sendLastChunk()
                _ = connection.waitForPeerClose(timeout: .seconds(1))
            }
            let client = try test.relay.connect()
            try client.sendRequest("POST", "/v1/chat/completions", body: Array("{}".utf8))
            let head = try client.readHead(to: "POST")
            #expect(head["X-Accel-Buffering"] == "no")
            var body = WireBody(framing: head.framing, on: client.connection)
            for (event, gate) in zip(events, gates) {
                gate.open()
                // The kernel may cut a chunk as it likes.
                var chunk: [UInt8] = []
                while case .bytes(let bytes, let endsChunk) = try body.next(by: Deadline(hangLimit)) {
                    chunk += bytes
                    if endsChunk { break }
                }
                #expect(chunk == Array(event.utf8))
            }
            #expect(try body.next(by: Deadline(hangLimit)) == .end(trailers: []))
        }
    }

    @Test("a torn event stream ends with an error event and no last chunk", arguments: [PeerClose.finished, .reset])
    func tornStream(way: PeerClose) async throws {
        try await onThread {
            let read = Gate()
            let test = try RelayUnderTest { connection in
                _ = try connection.readRequest()
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: {}\n\n")
                try read.wait()
                if way == .reset { connection.reset() }
            }
            let client = try test.relay.connect()
            try client.sendRequest("POST", "/v1/chat/completions", body: Array("{}".utf8))
            let head = try client.readHead(to: "POST")
            client.connection.putBack(try client.read(through: "data: {}\n\n\r\n"))
            read.open()
            let answer = try client.readBody(of: head)
            #expect(!answer.isComplete)
            #expect(answer.bodyText.hasPrefix("data: {}\n\n"))
            #expect(answer.bodyText.contains(Self.interrupted))
            #expect(answer.bodyText.hasSuffix("\n\n"))
        }
    }

    @Test(
        "any other torn body is cut without a word", arguments: ["Content-Length: 100", "Transfer-Encoding: chunked"])
    func tornBody(framing: String) async throws {
        try await onThread {
            let test = try RelayUnderTest { connection in
                _ = try connection.readRequest()
                try connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\(framing)\r\n\r\n")
                if framing.hasPrefix("C") {
                    try connection.send("{\"a\":")
                } else {
                    try connection.sendChunk("{\"a\":")
                }
            }
            let answer = try test.chat()
            #expect(!answer.isComplete)
            #expect(answer.bodyText == "{\"a\":")
        }
    }

    @Test("when the client goes, the upstream call goes", arguments: [false, true], [PeerClose.finished, .reset])
    func clientGone(afterHead: Bool, way: PeerClose) async throws {
        try await onThread {
            let seen = Monitor<PeerClose?>(nil)
            let test = try RelayUnderTest { connection in
                _ = try connection.readRequest()
                if afterHead { try connection.sendEventStreamHead() }
                let close = connection.waitForPeerClose()
                seen.withLock { $0 = close }
            }
            let client = try test.relay.connect()
            try client.sendRequest("POST", "/v1/chat/completions", body: Array("{}".utf8))
            #expect(test.upstream.waitForRequests(1))
            if afterHead { _ = try client.readHead(to: "POST") }
            if way == .reset { client.reset() } else { client.close() }
            #expect(seen.wait { $0 != nil })
            let line = test.relay.waitForLog { $0.string("outcome") == "client_gone" }
            #expect(line != nil)
        }
    }

    @Test("a client that does not read costs one buffer, and gets every byte in the end")
    func slowReader() async throws {
        try await onThread {
            let total = 48 << 20
            let block = [UInt8](repeating: 0x61, count: 65_536)
            let sent = Monitor(0)
            let test = try RelayUnderTest { connection in
                _ = try connection.readRequest()
                try connection.sendHead(fields: [WireField("Content-Length", "\(total)")])
                for _ in 0..<(total / block.count) {
                    try connection.send(block, timeout: .seconds(600))
                    sent.withLock { $0 += block.count }
                }
            }
            let client = try RawClient(to: test.relay.endpoint, receiveBuffer: 65_536)
            try client.sendRequest("GET", "/v1/files")
            let head = try client.readHead()
            let before = test.relay.residentBytes
            // Nothing moves any more: what upstream could send stays far below the whole.
            var last = -1
            while last != sent.value {
                last = sent.value
                sent.wait(timeout: .milliseconds(300)) { $0 != last }
            }
            #expect(last < 24 << 20)
            #expect(test.relay.residentBytes - before < ProcessFigures.bound(8 << 20))
            let answer = try client.readBody(of: head, timeout: .seconds(600))
            #expect(answer.isComplete)
            #expect(answer.body.count == total)
        }
    }
}
