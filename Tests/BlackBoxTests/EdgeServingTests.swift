// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Connections, versions and framing towards the client, over real sockets.
@Suite("Edge: connections and framing", .relay())
struct EdgeServingTests {
    private static func echo(_ bench: EdgeBench) -> String {
        bench.script { request, connection in try connection.respond(body: request.body) }
    }

    private static func request(_ target: String, _ body: String, version: String = "1.1", _ more: String = "")
        -> String
    {
        "POST \(target) HTTP/\(version)\r\nHost: a\r\n\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("requests in one packet are answered in their order, and go upstream in it")
    func pipelining() async throws {
        try await edge { bench in
            let key = Self.echo(bench)
            let client = try bench.relay.connect()
            let bodies = (0..<20).map { "{\"n\":\($0)}" }
            try client.send(bodies.map { Self.request(bench.target(key), $0) }.joined())
            for body in bodies { #expect(try client.readResponse().bodyText == body) }
            #expect(bench.seen(key).map(\.bodyText) == bodies)
        }
    }

    @Test("a request behind a chunked one, after empty lines, in the same packet")
    func pipelinedChunks() async throws {
        try await edge { bench in
            let key = Self.echo(bench)
            let client = try bench.relay.connect()
            let first = "POST \(bench.target(key)) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            try client.send(
                first + "3;ext=\"q\"\r\nabc\r\n02\r\nde\r\n0\r\nTrailer: t\r\n\r\n" + "\r\n"
                    + Self.request(bench.target(key), "second"))
            #expect(try client.readResponse().bodyText == "abcde")
            #expect(try client.readResponse().bodyText == "second")
            let seen = try #require(bench.seen(key).first)
            #expect(seen["Content-Length"] == "5")
            #expect(seen["Transfer-Encoding"] == nil)
            #expect(seen["Trailer"] == nil)
        }
    }

    @Test("a request that comes one byte at a time")
    func byteByByte() async throws {
        try await edge { bench in
            let key = Self.echo(bench)
            let client = try bench.relay.connect()
            for byte in Self.request(bench.target(key), "slow but whole").utf8 { try client.send([byte]) }
            #expect(try client.readResponse().bodyText == "slow but whole")
        }
    }

    @Test("many exchanges on one connection use one connection upstream")
    func keepAlive() async throws {
        try await edge([:]) { bench in
            let key = Self.echo(bench)
            let client = try bench.relay.connect()
            for number in 0..<30 {
                #expect(try bench.post(key, body: Array("\(number)".utf8), on: client).bodyText == "\(number)")
            }
            #expect(Set(bench.seen(key).map(\.connection)).count == 1)
        }
    }

    @Test("HTTP/1.0 gets its length and the end of the connection")
    func http10() async throws {
        try await edge { bench in
            let key = Self.echo(bench)
            let client = try bench.relay.connect()
            try client.send(Self.request(bench.target(key), "old", version: "1.0"))
            let answer = try client.readResponse()
            #expect(answer.bodyText == "old")
            #expect(answer["Content-Length"] == "3")
            #expect(answer["Transfer-Encoding"] == nil)
            #expect(try client.readToEnd() == [])
            #expect(bench.seen(key).first?.version == "HTTP/1.1")
        }
    }

    @Test("HTTP/1.0 with keep-alive goes on after an answer with a length, not after one without")
    func http10KeepAlive() async throws {
        try await edge { bench in
            let key = Self.echo(bench)
            let stream = bench.script { _, connection in
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: 1\n\n")
                try connection.sendChunk("data: 2\n\n")
                try connection.sendLastChunk()
            }
            let client = try bench.relay.connect()
            for text in ["one", "two"] {
                try client.send(Self.request(bench.target(key), text, version: "1.0", "Connection: Keep-Alive\r\n"))
                let answer = try client.readResponse()
                #expect(answer.bodyText == text)
                #expect(answer["Connection"]?.lowercased() == "keep-alive")
            }
            try client.send(Self.request(bench.target(stream), "{}", version: "1.0", "Connection: keep-alive\r\n"))
            let answer = try client.readHead()
            #expect(answer["Transfer-Encoding"] == nil)
            #expect(answer["Content-Length"] == nil)
            #expect(answer["Connection"] == "close")
            #expect(try client.readToEnd() == Array("data: 1\n\ndata: 2\n\n".utf8))
        }
    }

    @Test("Connection: close is obeyed")
    func close() async throws {
        try await edge { bench in
            let key = Self.echo(bench)
            let client = try bench.relay.connect()
            try client.send(
                Self.request(bench.target(key), "last", "Connection: x, CLOSE\r\n")
                    + Self.request(bench.target(key), "never"))
            let answer = try client.readResponse()
            #expect(answer.bodyText == "last")
            #expect(answer["Connection"] == "close")
            #expect(try client.readToEnd() == [])
            #expect(bench.seen(key).count == 1)
        }
    }

    @Test("HEAD brings the head of a GET and no body", arguments: ["Content-Length: 7", "Transfer-Encoding: chunked"])
    func head(framing: String) async throws {
        try await edge { bench in
            let key = bench.script(sending: "HTTP/1.1 200 OK\r\n\(framing)\r\nX-Here: 1\r\n\r\n")
            let client = try bench.relay.connect()
            try client.sendRequest("HEAD", "/v1/models?key=\(key)")
            let answer = try client.readHead(to: "HEAD")
            #expect(answer.status == 200)
            #expect(answer["X-Here"] == "1")
            if framing.hasPrefix("Content-Length") { #expect(answer["Content-Length"] == "7") }
            #expect(bench.seen(key).first?.method == "HEAD")
            #expect(try client.exchange("GET", "/healthz").status == 200)
            try client.sendRequest("HEAD", "/healthz")
            let local = try client.readHead(to: "HEAD")
            #expect((local.status, local["Content-Length"] != nil) == (200, true))
            try client.sendRequest("HEAD", "/nowhere")
            #expect(try client.readHead(to: "HEAD").status == 404)
            #expect(try client.exchange("GET", "/healthz").status == 200)
        }
    }

    @Test("answers that have no body end with their head", arguments: [204, 304])
    func noBody(status: Int) async throws {
        try await edge { bench in
            let key = bench.script { _, connection in
                try connection.sendHead(status, fields: [WireField("ETag", "\"x\"")])
            }
            let client = try bench.relay.connect()
            let answer = try bench.post(key, on: client)
            #expect(answer.status == status)
            #expect(answer["ETag"] == "\"x\"")
            #expect(answer["Transfer-Encoding"] == nil)
            #expect(answer["Content-Length"] == nil)
            #expect(try client.exchange("GET", "/healthz").status == 200)
        }
    }

    @Test("an absolute target chooses path and query, never the host")
    func absoluteForm() async throws {
        try await edge { bench in
            let key = Self.echo(bench)
            let client = try bench.relay.connect()
            try client.send(Self.request("http://evil.example:99\(bench.target(key))&x=%2e", "{}"))
            #expect(try client.readResponse().status == 200)
            let seen = try #require(bench.seen(key).first)
            #expect(seen.target == "/v1/chat/completions?key=\(key)&x=%2e")
            #expect(seen.values(of: "Host") == ["127.0.0.1:\(bench.upstream.port)"])
        }
    }

    @Test("an answer without a length from HTTP/1.0 upstream is chunked for the client, and whole")
    func untilClose() async throws {
        try await edge { bench in
            let key = bench.script(sending: "HTTP/1.0 200 OK\r\n\r\nto the end", thenCloses: true)
            let client = try bench.relay.connect()
            let answer = try bench.post(key, on: client)
            #expect(answer.isComplete)
            #expect(answer.framing == .chunked)
            #expect(answer.bodyText == "to the end")
            #expect(try client.exchange("GET", "/healthz").status == 200)
        }
    }
}
