// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Upstreams that do odd or wrong things, byte by byte.
@Suite("Odd upstreams", .serialized)
struct RelayUpstreamFaultTests {
    /// What comes, and what the client shall get.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: String
        let status: Int
        var code: String?
        var body: String?
        var field: WireField?
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "no byte", bytes: "", status: 502, code: "upstream_reset"),
        Case(name: "garbage", bytes: "no http at all\r\n\r\n", status: 502, code: "upstream_bad_response"),
        Case(name: "status line only", bytes: "HTTP/1.1 200 OK\r\n", status: 502),
        Case(name: "half a head", bytes: "HTTP/1.1 200 OK\r\nContent-Le", status: 502),
        Case(
            name: "trailers",
            bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n",
            status: 200, body: "ok"),
        Case(
            name: "location without scheme",
            bytes: "HTTP/1.1 302 F\r\nLocation: //[::1]/x\r\nContent-Length: 2\r\n\r\nok",
            status: 302, body: "ok", field: WireField("Location", "//[::1]/x")),
        Case(
            name: "redirect without location", bytes: "HTTP/1.1 302 F\r\nContent-Length: 2\r\n\r\nok", status: 302,
            body: "ok"),
        Case(
            name: "challenge",
            bytes: "HTTP/1.1 401 U\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\nno",
            status: 401, body: "no", field: WireField("WWW-Authenticate", "Basic realm=\"x\"")),
        Case(
            name: "early hints",
            bytes: "HTTP/1.1 103 E\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            status: 200, body: "ok"),
        Case(
            name: "no blank after the colon", bytes: "HTTP/1.1 200 OK\r\nX-A:b\r\nContent-Length: 2\r\n\r\nok",
            status: 200, body: "ok", field: WireField("X-A", "b")),
        Case(
            name: "compressed all the same",
            bytes: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
            status: 200, body: "ok", field: WireField("Content-Encoding", "gzip")),
        Case(
            name: "until close", bytes: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nok", status: 200,
            body: "ok",
            field: WireField("Content-Type", "text/plain")),
        Case(name: "unasked-for upgrade", bytes: "HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n", status: 502),
    ]

    @Test("what it sends comes through or is refused cleanly", arguments: cases)
    func answers(case given: Case) async throws {
        try await onThread {
            let test = try RelayUnderTest { connection in
                _ = try connection.readRequest()
                try connection.send(given.bytes)
            }
            let answer = try test.chat()
            #expect(answer.status == given.status)
            #expect(answer.isComplete)
            if let code = given.code { #expect(answer.errorCode == code) }
            if let body = given.body { #expect(answer.bodyText == body) }
            if let field = given.field { #expect(answer.values(of: field.name) == [field.value]) }
            #expect(answer.values(of: "X-Request-Id").count == 1)
        }
    }

    @Test("fields keep order, spelling, duplicates and odd bytes; cookies go")
    func keepsFields() async throws {
        try await onThread {
            let head =
                "HTTP/1.1 200 OK\r\nx-ODD: 1\r\nSet-Cookie: a=b\r\nX-dup: 1\r\nX-Dup: 2\r\nSet-Cookie: c=d\r\nX-L: "
            let test = try RelayUnderTest { connection in
                _ = try connection.readRequest()
                try connection.send(Array(head.utf8) + [0xE9, 0xFF] + Array("\r\nContent-Length: 0\r\n\r\n".utf8))
            }
            let answer = try test.chat()
            let kept = answer.fields.filter {
                $0.name.lowercased().hasPrefix("x-") && $0.name.lowercased() != "x-request-id"
            }
            #expect(
                kept == [
                    WireField("x-ODD", "1"), WireField("X-dup", "1"), WireField("X-Dup", "2"),
                    WireField("X-L", "\u{E9}\u{FF}"),
                ])
            #expect(answer["Set-Cookie"] == nil)
        }
    }

    @Test("a kept connection that dies under a POST costs nothing", arguments: [PeerClose.finished, .reset])
    func survivesStaleConnections(way: PeerClose) async throws {
        try await onThread {
            let test = try RelayUnderTest { connection in
                guard try connection.readRequest() != nil else { return }
                try connection.respond(json: "{\"n\":\(connection.index)}")
                // The second request on this connection finds it dead.
                guard connection.index == 0 else { return _ = try connection.readRequest() }
                _ = try connection.readRequest()
                if way == .reset { connection.reset() }
            }
            #expect(try test.chat().status == 200)
            let second = try test.chat()
            #expect(second.status == 200)
            // Sent again once, on a connection that has not served before.
            let connections = test.upstream.requests.map(\.connection)
            #expect(connections.count == 3)
            #expect(connections.prefix(2) == [0, 0])
            #expect(second.bodyText == "{\"n\":\(connections.last ?? 0)}")
            #expect(connections.last != 0)
            #expect(test.upstream.requests.last?.bodyText == "{\"model\":\"m\"}")
        }
    }

    @Test("bodies around curl's buffer arrive whole", arguments: [0, 1, 65_535, 65_536, 65_537, 1_000_000])
    func bodiesArriveWhole(count: Int) async throws {
        try await onThread {
            let test = try RelayUnderTest { connection in
                _ = try connection.readRequest()
                try connection.respond(json: "{}")
            }
            let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 13) }
            #expect(try test.relay.connect().exchange("POST", "/v1/embeddings", body: body).status == 200)
            let request = try #require(test.upstream.requests.first)
            #expect(SHA256.hex(of: request.body) == SHA256.hex(of: body))
            #expect(request.bearerToken == RelayUnderTest.token)
        }
    }
}
