// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Requests that could be read in two ways end here: one answer, and the connection is closed.
@Suite("Edge: refused requests", .relay())
struct EdgeRefusalTests {
    private static let behind = "GET /v1/models?key=smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let start = "POST \(EdgeBench.chat)?key=refused HTTP/1.1\r\nHost: a\r\n"

    @Test(
        "a head that the grammar refuses reaches nobody, nor does what stands behind it",
        arguments: try EdgeCorpus.refusals())
    func head(sample: EdgeCorpus) async throws {
        try await edge { bench in
            try Self.expectRefusal(sample.wire + Array(Self.behind.utf8), sample.status, bench)
        }
    }

    @Test("the corpus is there")
    func corpus() throws { #expect(try EdgeCorpus.refusals().count > 200) }

    @Test(
        "a body that the grammar refuses reaches nobody, nor does what stands behind it",
        arguments: [
            "5;a\n\r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n",
            "-5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
            " 5\r\nhello\r\n0\r\n\r\n",
            "10000000000000005\r\nhello\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
            "\r\nhello\r\n0\r\n\r\n",
            "0\r\nA b: c\r\n\r\n", "0\r\nA : c\r\n\r\n", "0\r\nA: c\n\r\n", "0\r\n: c\r\n\r\n", "5\r\nhello\r\n0\n\n",
            "5\r\rhello\r\n0\r\n\r\n", "5_0\r\nhello\r\n0\r\n\r\n",
        ])
    func body(chunks: String) async throws {
        try await edge { bench in
            let request = Self.start + "Transfer-Encoding: chunked\r\n\r\n" + chunks + Self.behind
            try Self.expectRefusal(Array(request.utf8), 400, bench)
        }
    }

    @Test(
        "what is well-formed but not served reaches nobody either",
        arguments: [
            ("GET /v1/../../secret HTTP/1.1", 400), ("GET /v1/%2e%2e/secret HTTP/1.1", 400),
            ("GET /v1/models/..%2f..%2fadmin HTTP/1.1", 400), ("GET /v1/models/..%5cadmin HTTP/1.1", 400),
            ("GET /admin HTTP/1.1", 404), ("GET //evil.example/v1/secret HTTP/1.1", 404),
            ("TRACE /v1/models HTTP/1.1", 405), ("DELETE /v1/chat/completions HTTP/1.1", 405),
            ("PRI /v1/models HTTP/1.1", 405),
        ])
    func routes(line: String, status: Int) async throws {
        try await edge { bench in
            let client = try bench.relay.connect()
            try client.send("\(line)\r\nHost: a\r\n\r\n")
            let answer = try client.readResponse()
            #expect(answer.status == status || (status == 405 && answer.status == 501))
            #expect(answer["X-Request-Id"] != nil)
            if status == 400 {
                #expect(client.waitForPeerClose())
            } else {
                // These leave no doubt about where the next request begins.
                #expect(try client.exchange("GET", "/healthz").status == 200)
            }
            #expect(bench.upstream.requestCount == 0)
        }
    }

    private static func expectRefusal(_ wire: [UInt8], _ status: Int, _ bench: EdgeBench) throws {
        let client = try bench.relay.connect()
        try client.send(wire)
        let answer = try client.readResponse()
        #expect(answer.status == status)
        #expect(answer["Connection"] == "close")
        #expect(answer["X-Request-Id"] != nil)
        #expect(answer["Content-Type"] == "application/json")
        #expect(answer.errorCode != nil)
        #expect(try client.readToEnd() == [], "one answer, then the end")
        #expect(bench.upstream.requestCount == 0)
    }
}
