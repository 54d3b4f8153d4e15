// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// The test's own tools must not lie, or every other test may.
@Suite("Scripted upstream and raw client")
struct ScriptedUpstreamTests {
    @Test("a request is recorded byte for byte, its chunked body joined")
    func recordsRequests() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream.perRequest { _, connection in try connection.respond(json: "{}") }
            let client = try RawClient(port: upstream.port)
            let head =
                "POST /a?b=%20c HTTP/1.1\r\nHost: x\r\nx-ODD:  v 1 \r\nX-odd: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
            try client.send(head + "3\r\nabc\r\n1;ext=1\r\nd\r\n0\r\nTrailer: t\r\n\r\n")
            #expect(try client.readResponse().status == 200)
            let request = try #require(upstream.requests.first)
            #expect(request.head.bytes == Array(head.utf8))
            #expect(request.values(of: "X-Odd") == ["v 1", "2"])
            #expect((request.path, request.query) == ("/a", "b=%20c"))
            #expect(request.bodyText == "abcd")
            #expect(try client.exchange("GET", "/second").status == 200)
            #expect(upstream.requests[1].indexOnConnection == 1)
            #expect(upstream.connectionCount == 1)
        }
    }

    @Test("chunks are listed as they were cut")
    func listsChunks() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream.perRequest { _, connection in
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: a")
                try connection.sendChunk("\n\n")
                try connection.sendLastChunk()
            }
            let answer = try RawClient(port: upstream.port).exchange("GET", "/")
            #expect(answer.chunks.map { String(decoding: $0, as: UTF8.self) } == ["data: a", "\n\n"])
            #expect(answer.isComplete)
        }
    }

    @Test("a torn body looks torn", arguments: [false, true])
    func showsTornBodies(abortively: Bool) async throws {
        try await onThread {
            let bytesRead = Gate()
            let upstream = try ScriptedUpstream.perRequest { _, connection in
                try connection.sendHead(fields: [WireField("Content-Length", "10")])
                try connection.send("four")
                try bytesRead.wait()
                if abortively { connection.reset() }
            }
            // The second request never comes: FIN ends the body of the first.
            let client = try RawClient(port: upstream.port)
            try client.sendRequest("GET", "/")
            let head = try client.readHead()
            if abortively {
                #expect(try client.readSome(upTo: 2) == Array("fo".utf8))
            } else {
                client.halfClose()
            }
            bytesRead.open()
            let answer = try client.readBody(of: head)
            #expect(!answer.isComplete)
        }
    }

    @Test("a gate holds a piece until the test opens it")
    func gatesHoldPieces() async throws {
        try await onThread {
            let (first, second) = (Gate(), Gate())
            let upstream = try ScriptedUpstream.perRequest { _, connection in
                try connection.send(pieces: [(first, Array("one".utf8)), (second, Array("two".utf8))])
            }
            let client = try RawClient(port: upstream.port)
            try client.sendRequest("GET", "/")
            first.open()
            #expect(try client.read(exactly: 3) == Array("one".utf8))
            #expect(throws: SupportError.timedOut("bytes")) { try client.readSome(timeout: .milliseconds(50)) }
            second.open()
            #expect(try client.read(exactly: 3) == Array("two".utf8))
        }
    }

    @Test("the way a client leaves is seen", arguments: [PeerClose.finished, .reset])
    func seesClientLeave(way: PeerClose) async throws {
        try await onThread {
            let seen = Monitor<PeerClose?>(nil)
            let upstream = try ScriptedUpstream { connection in
                _ = try connection.readRequest()
                let close = connection.waitForPeerClose()
                seen.withLock { $0 = close }
            }
            let client = try RawClient(port: upstream.port)
            try client.sendRequest("GET", "/")
            #expect(upstream.waitForRequests(1))
            if way == .reset { client.reset() } else { client.close() }
            #expect(seen.wait { $0 == way })
            #expect(upstream.waitUntilIdle())
        }
    }

    @Test("stopping ends connections that hang")
    func stopEndsHangs() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { _ = $0.waitForPeerClose() }
            let client = try RawClient(port: upstream.port)
            #expect(upstream.waitForConnections(1))
            upstream.stop()
            #expect(client.waitForPeerClose())
            #expect(upstream.waitUntilIdle())
        }
    }

    @Test("all kinds of address are listened on", arguments: ["127.0.0.1:0", "[::1]:0", "unix:"])
    func listensEverywhere(address: String) async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let text = address == "unix:" ? "unix:\(directory.path(of: "s"))" : address
            let upstream = try ScriptedUpstream.perRequest(on: #require(Endpoint(text))) { _, connection in
                try connection.respond(json: "{}")
            }
            #expect(try RawClient(to: upstream.endpoint).exchange("GET", "/").status == 200)
        }
    }
}
