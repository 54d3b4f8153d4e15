// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// What a client sends behind the end of its last answer must not destroy that answer: a close with unread bytes resets.
@Suite("Edge: the end of a connection", .relay(["RELAY_MAX_BODY": "100KiB"]))
struct EdgeLingerTests {
    @Test(
        "a client that sends its whole body before it reads gets the refusal",
        arguments: ["Content-Length: 8000000", "Transfer-Encoding: chunked"])
    func wholeBodyFirst(framing: String) async throws {
        try await edge { bench in
            let client = try bench.relay.connect()
            try client.send("POST \(EdgeBench.chat) HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
            if framing.hasSuffix("chunked") { try client.send("7A1200\r\n") }
            for _ in 0..<80 { try client.send([UInt8](repeating: 0x20, count: 100_000), timeout: .seconds(30)) }
            let answer = try client.readResponse(timeout: .seconds(30))
            #expect((answer.status, answer.errorCode) == (413, "body_too_large"))
            #expect(try client.readToEnd(timeout: .seconds(30)) == [])
        }
    }

    @Test("bytes behind the last request do not turn the end into a reset")
    func surplus() async throws {
        try await edge { bench in
            let other = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
            let (start, end) = ("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nPadding: ", "\r\n\r\n")
            // Requests that fill the relay's read of 64 KiB to the last byte, so that what follows waits in the kernel.
            let room = 65_536 - start.utf8.count - end.utf8.count
            let (count, rest) = room.quotientAndRemainder(dividingBy: other.utf8.count)
            let requests = String(repeating: other, count: count) + start + String(repeating: "p", count: rest) + end
            let client = try bench.relay.connect()
            try client.send(requests + String(repeating: "surplus ", count: 10_000))
            for _ in 0...count { #expect(try client.readResponse(timeout: .seconds(30)).status == 200) }
            #expect(try client.readToEnd(timeout: .seconds(30)) == [])
            // A reset would have reached this side behind the end.
            try client.send("still open")
        }
    }
}
