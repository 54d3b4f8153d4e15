// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// What passes the relay, and what does not, on the wire.
@Suite("Edge: fields both ways", .relay())
struct EdgeFieldTests {
    @Test("towards upstream: this hop's fields and those named in Connection go, the rest keeps order and bytes")
    func request() async throws {
        try await edge { bench in
            let key = bench.script { _, connection in try connection.respond(json: "{}") }
            let client = try bench.relay.connect()
            let head =
                "POST \(bench.target(key)) HTTP/1.1\r\nhost: client.example\r\nX-B: 1\r\nx-a: caf\u{E9}\r\nX-B: 2\r\n"
                + "Connection: keep-alive, X-Named, authorization\r\nconnection: X-Other\r\nX-Named: n\r\nx-other: o\r\n"
                + "Keep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\nProxy-Connection: close\r\nProxy-Authorization: p\r\n"
                + "Authorization: Bearer client-key\r\nAuthorization: Basic other\r\nCookie: c=1\r\n"
                + "X-Forwarded-For: 1.2.3.4\r\nForwarded: for=1\r\nX-Stainless-Lang: js\r\napi-key: k\r\nx-api-key: k\r\n"
                + "traceparent: 00-1-2-01\r\ntracestate: a=b\r\nX-Empty:\r\nX-B: 3\r\nContent-Length: 2\r\n\r\n{}"
            try client.send(latin1Bytes(head))
            #expect(try client.readResponse().status == 200)
            let seen = try #require(bench.seen(key).first)
            #expect(seen.values(of: "Authorization") == ["Bearer \(EdgeBench.token)"])
            #expect(seen.values(of: "Host") == ["127.0.0.1:\(bench.upstream.port)"])
            #expect(seen.values(of: "Accept-Encoding") == ["identity"])
            #expect(seen.values(of: "Content-Length") == ["2"])
            #expect(seen.values(of: "X-Request-Id").count == 1)
            let passed = seen.fields.filter { $0.name.lowercased().hasPrefix("x-") || $0.name.hasPrefix("trace") }
                .filter { $0.name != "X-Request-Id" }
            #expect(
                passed.map(\.description) == [
                    "X-B: 1", "x-a: caf\u{E9}", "X-B: 2", "traceparent: 00-1-2-01", "tracestate: a=b", "X-Empty: ",
                    "X-B: 3",
                ])
            let gone = [
                "Connection", "Keep-Alive", "TE", "Upgrade", "Proxy-Connection", "Proxy-Authorization", "Cookie",
                "Forwarded", "api-key", "Expect", "Transfer-Encoding",
            ]
            for name in gone { #expect(seen.values(of: name) == [], "\(name)") }
        }
    }

    @Test("towards the client: the same, and no cookie")
    func response() async throws {
        try await edge { bench in
            let key = bench.script(
                sending: "HTTP/1.1 200 Quite \u{E9}\r\nX-B: 1\r\nx-a: caf\u{E9}\r\nSet-Cookie: a=1\r\nX-B: 2\r\n"
                    + "set-cookie: b=2\r\nConnection: X-Named, content-length\r\nX-Named: n\r\nKeep-Alive: timeout=5\r\n"
                    + "X-Request-Id: upstream\r\nVary:a\r\nvary: b\r\nUpgrade: h2\r\nProxy-Authenticate: Basic\r\n"
                    + "Trailer: x\r\nETag: \"e\"\r\nContent-Length: 2\r\n\r\n{}")
            let client = try bench.relay.connect()
            let answer = try bench.post(key, on: client)
            #expect((answer.status, answer.reason) == (200, "Quite \u{E9}"))
            #expect(answer.bodyText == "{}")
            #expect(answer.values(of: "X-Request-Id") == [key])
            #expect(
                answer.fields.filter { $0.name != "X-Request-Id" }.map(\.description) == [
                    "X-B: 1", "x-a: caf\u{E9}", "X-B: 2", "Vary: a", "vary: b", "Proxy-Authenticate: Basic",
                    "ETag: \"e\"",
                    "Content-Length: 2",
                ])
            #expect(try client.exchange("GET", "/healthz").status == 200)
        }
    }

    @Test(
        "a request id is kept if it is fit to be one, else made",
        arguments: [
            ("abc-123", true), ("a b", false), (String(repeating: "x", count: 128), true),
            (String(repeating: "x", count: 129), false), ("caf\u{E9}", false),
        ])
    func requestID(value: String, isKept: Bool) async throws {
        try await edge { bench in
            let client = try bench.relay.connect()
            try client.send(latin1Bytes("GET /healthz HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(value)\r\n\r\n"))
            let answer = try client.readResponse()
            let ids = answer.values(of: "X-Request-Id")
            #expect(ids.count == 1)
            #expect((ids.first == value) == isKept)
            #expect(!(ids.first ?? "").isEmpty)
        }
    }

    @Test("a compressed answer passes untouched, unasked for")
    func gzip() async throws {
        try await edge { bench in
            let bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0, 0xFF, 0xFE]
            let key = bench.script { _, connection in
                try connection.respond(fields: [WireField("Content-Encoding", "gzip")], body: bytes)
            }
            let answer = try bench.post(key, fields: [WireField("Accept-Encoding", "gzip, br")])
            #expect(answer.body == bytes)
            #expect(answer["Content-Encoding"] == "gzip")
            #expect(bench.seen(key).first?.values(of: "Accept-Encoding") == ["identity"])
        }
    }
}
