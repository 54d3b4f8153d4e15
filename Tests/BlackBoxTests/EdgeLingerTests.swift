// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// What a client sends behind the end of its last answer must not destroy that answer: a close with unread bytes resets.
///
/// The relay waits two seconds from byte to byte. A client that a slow machine stalls for longer proves nothing, and is
/// followed by another.
@Suite("Edge: the end of a connection", .relay(["RELAY_MAX_BODY": "100KiB"]))
struct EdgeLingerTests {
    @Test(
        "a client that sends its whole body before it reads gets the refusal",
        arguments: ["Content-Length: 8000000", "Transfer-Encoding: chunked"])
    func wholeBodyFirst(framing: String) async throws {
        let start = "POST \(EdgeBench.chat) HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n"
        let size = framing.hasSuffix("chunked") ? "7A1200\r\n" : ""
        let block = String(repeating: " ", count: 100_000)
        try await Self.sending([start + size] + Array(repeating: block, count: 80)) { client in
            let answer = try client.readResponse()
            #expect((answer.status, answer.errorCode) == (413, "body_too_large"))
            #expect(try client.readToEnd() == [])
        }
    }

    @Test("bytes behind the last request do not turn the end into a reset")
    func surplus() async throws {
        let other = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        let (start, end) = ("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nPadding: ", "\r\n\r\n")
        // Requests that fill the relay's read of 64 KiB to the last byte, so that what follows waits in the kernel.
        let room = 65_536 - start.utf8.count - end.utf8.count
        let (count, rest) = room.quotientAndRemainder(dividingBy: other.utf8.count)
        let requests = String(repeating: other, count: count) + start + String(repeating: "p", count: rest) + end
        try await Self.sending([requests + String(repeating: "surplus ", count: 10_000)]) { client in
            for _ in 0...count { #expect(try client.readResponse().status == 200) }
            #expect(try client.readToEnd() == [])
            // A reset would have reached this side behind the end.
            try client.send("still open")
        }
    }

    /// Sends it all without a stall, then lets `check` read.
    private static func sending(
        _ pieces: [String], _ check: @escaping @Sendable (RawClient) throws -> Void
    ) async throws {
        let isProven = try await edge { bench in
            try eventually {
                let client = try bench.relay.connect()
                var last = monotonicNanoseconds()
                for piece in pieces {
                    let isSent = (try? client.send(piece)) != nil
                    let now = monotonicNanoseconds()
                    if now - last > 1_000_000_000 { return false }
                    #expect(isSent, "the connection was reset")
                    last = now
                }
                try check(client)
                return true
            }
        }
        #expect(isProven)
    }
}
