// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// `Expect: 100-continue`: the word to go on, or at once the reason not to.
@Suite("Edge: expectations", .relay(["RELAY_CLIENT_KEYS": "app:right", "RELAY_MAX_BODY": "4KiB"]))
struct EdgeExpectTests {
    private static func head(_ target: String, key: String = "right", length: Int) -> String {
        "POST \(target) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(key)\r\nExpect: 100-continue\r\n"
            + "Content-Length: \(length)\r\n\r\n"
    }

    @Test("a client that waits is told to go on, once, and upstream is not asked")
    func goesOn() async throws {
        try await edge { bench in
            let key = bench.script { request, connection in try connection.respond(body: request.body) }
            let client = try bench.relay.connect()
            for text in ["first", "other"] {
                try client.send(Self.head(bench.target(key), length: 5))
                #expect(try client.readHead().head.startLine == "HTTP/1.1 100 Continue")
                try client.send(text)
                #expect(try client.readResponse().bodyText == text)
            }
            #expect(bench.seen(key).allSatisfy { $0["Expect"] == nil })
        }
    }

    @Test(
        "a request that will be refused is refused before its body",
        arguments: [
            (EdgeBench.chat, "wrong", 5, 401), ("/v1/nowhere", "right", 5, 404), (EdgeBench.chat, "right", 5_000, 413),
            ("/v1/models", "right", 5, 405), ("/v1/%2e%2e/x", "right", 5, 400),
        ])
    func refused(target: String, key: String, length: Int, status: Int) async throws {
        try await edge { bench in
            let client = try bench.relay.connect()
            try client.send(Self.head(target, key: key, length: length))
            let answer = try client.readResponse()
            #expect(answer.status == status)
            // Whether the body follows is not known, so the connection cannot go on.
            #expect(answer["Connection"] == "close")
            try? client.send(String(repeating: "x", count: length))
            #expect(client.waitForPeerClose())
        }
    }

    @Test("no word for a body that is there already, nor for HTTP/1.0")
    func unneeded() async throws {
        try await edge { bench in
            let key = bench.script { request, connection in try connection.respond(body: request.body) }
            let client = try bench.relay.connect()
            try client.send(
                "POST \(bench.target(key)) HTTP/1.0\r\nAuthorization: Bearer right\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 3\r\n\r\nabc")
            let answer = try client.readResponse()
            #expect((answer.status, answer.bodyText) == (200, "abc"))
        }
    }

    @Test("a short body behind a refusal is read past, and the connection goes on")
    func readPast() async throws {
        try await edge { bench in
            let client = try bench.relay.connect()
            let wrong = [WireField("Authorization", "Bearer wrong")]
            #expect(try client.exchange("POST", EdgeBench.chat, fields: wrong, body: Array("abc".utf8)).status == 401)
            let head = "POST \(EdgeBench.chat) HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n"
            try client.send(head)
            #expect(try client.readResponse().status == 401)
            // What looks like a request is the refused body.
            try client.send(
                "GET /v1/models?key=smuggled HTTP/1.1\r\n\r\n" + "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            let next = try client.readResponse()
            #expect((next.status, next.bodyText) == (200, "{\"status\":\"ok\"}"))
        }
    }
}
