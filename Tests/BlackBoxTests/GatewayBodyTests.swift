// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Bodies of every kind and size: the same bytes on both sides.
@Suite("Bodies towards a gateway", .serialized)
struct GatewayBodyTests {
    /// Bytes that a stray conversion would change.
    private static func noise(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 31) ^ ($0 >> 8)) &+ seed }
    }

    @Test("a vision request of 10 MB and an answer of 10 MB keep every byte")
    func vision() async throws {
        try await onThread {
            let base64 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
            let picture = (0..<10_000_000).map { base64[($0 &* 7 &+ ($0 >> 6)) & 63] }
            let body =
                Array(#"{"model":"v","messages":[{"role":"user","content":[{"type":"image_url","image_url":"#.utf8)
                + Array(#"{"url":"data:image/png;base64,"#.utf8) + picture + Array(#""}}]}]}"#.utf8)
            let answer = Self.noise(10_000_000)
            let test = try GatewayUnderTest { _, connection in
                try connection.respond(fields: [WireField("Content-Type", "application/json")], body: answer)
            }
            let got = try test.relay.connect().exchange(
                "POST", "/v1/chat/completions", fields: [WireField("Content-Type", "application/json")], body: body)
            #expect(got.status == 200)
            #expect(SHA256.hex(of: got.body) == SHA256.hex(of: answer))
            #expect(SHA256.hex(of: test.last?.body ?? []) == SHA256.hex(of: body))
        }
    }

    /// A multipart upload of so many megabytes, made and hashed piece by piece on both sides.
    private func upload(megabytes: Int, settings: [String: String]) throws -> (sent: String, got: String, peak: Int) {
        let hash = Monitor("")
        let upstream = try ScriptedUpstream { connection in
            guard let request = try connection.readRequestHead() else { return }
            var seen = SHA256()
            var body = WireBody(framing: try WireFraming(request: request.head), on: connection.connection)
            let deadline = Deadline(.seconds(600))
            while case .bytes(let bytes, _) = try body.next(by: deadline) { seen.update(bytes) }
            hash.withLock { $0 = seen.hexDigest() }
            try connection.respond(json: #"{"text":"ok"}"#)
        }
        let test = try GatewayUnderTest(settings, gateway: upstream)
        defer { withExtendedLifetime(test) {} }
        let head = Array(
            ("--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper\r\n--b\r\nContent-Disposition: "
                + "form-data; name=\"file\"; filename=\"größe.wav\"\r\nContent-Type: audio/wav\r\n\r\n").utf8)
        let tail = Array("\r\n--b--\r\n".utf8)
        let client = try test.relay.connect()
        try client.send(
            "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: r\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                + "Content-Length: \(head.count + megabytes * 1_000_000 + tail.count)\r\n\r\n")
        var sent = SHA256()
        var piece = Self.noise(1_000_000)
        for number in 0..<megabytes + 2 {
            piece[0] = UInt8(truncatingIfNeeded: number)
            let next = number == 0 ? head : number > megabytes ? tail : piece
            sent.update(next)
            try client.send(next)
        }
        let answer = try client.readResponse(to: "POST", timeout: .seconds(600))
        #expect(answer.status == 200, "\(answer.bodyText)")
        return (sent.hexDigest(), hash.value, test.relay.figures?.peakResidentBytes ?? 0)
    }

    @Test("an upload of 25 MB arrives whole")
    func upload() async throws {
        try await onThread {
            let (sent, got, _) = try upload(megabytes: 25, settings: [:])
            #expect(sent == got)
        }
    }

    @Test("an upload of 200 MB needs a raised limit and is held in memory once")
    func largeUpload() async throws {
        try await onThread {
            let (sent, got, peak) = try upload(megabytes: 200, settings: ["RELAY_MAX_BODY": "256MB"])
            #expect(sent == got)
            #expect(peak > 0 && peak < ProcessFigures.bound(300_000_000), "\(peak) bytes resident at the peak")
            let test = try GatewayUnderTest()
            defer { withExtendedLifetime(test) {} }
            let client = try test.relay.connect()
            try client.send("POST /v1/files HTTP/1.1\r\nHost: r\r\nContent-Length: 200000000\r\n\r\n")
            let refused = try client.readResponse(to: "POST")
            #expect(refused.status == 413)
            #expect(refused.errorCode == "body_too_large")
            #expect(refused.bodyText.contains("RELAY_MAX_BODY"))
        }
    }

    @Test("speech is passed on piece by piece")
    func speech() async throws {
        try await onThread {
            let gates = (0..<4).map { _ in Gate() }
            let pieces = (0..<4).map { Self.noise(5_000, seed: UInt8($0)) }
            let test = try GatewayUnderTest { _, connection in
                try connection.sendHead(fields: [
                    WireField("Content-Type", "audio/mpeg"), WireField("Transfer-Encoding", "chunked"),
                ])
                for (gate, piece) in zip(gates, pieces) {
                    try gate.wait()
                    try connection.sendChunk(piece)
                }
                try connection.sendLastChunk()
            }
            defer { withExtendedLifetime(test) {} }
            let client = try test.relay.connect()
            try client.sendRequest("POST", "/v1/v1/audio/speech", body: Array(#"{"model":"t","input":"x"}"#.utf8))
            let head = try client.readHead(to: "POST")
            #expect(head["Content-Type"] == "audio/mpeg")
            var body = WireBody(framing: head.framing, on: client.connection)
            let deadline = Deadline(hangLimit)
            for (gate, piece) in zip(gates, pieces) {
                // The next piece is sent only when this one is here.
                gate.open()
                var got: [UInt8] = []
                while got.count < piece.count, case .bytes(let bytes, _) = try body.next(by: deadline) { got += bytes }
                #expect(got == piece)
            }
            #expect(try body.next(by: deadline) == .end(trailers: []))
        }
    }

    @Test("an answer that is compressed all the same passes as it is")
    func compressed() async throws {
        try await onThread {
            // gzip of "hello\n", one member.
            let gzip: [UInt8] = [
                0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7, 2, 0, 0x20, 0x30, 0x3a, 0x36, 6,
                0,
                0, 0,
            ]
            let test = try GatewayUnderTest { _, connection in
                try connection.respond(
                    fields: [WireField("Content-Type", "application/json"), WireField("Content-Encoding", "gzip")],
                    body: gzip)
            }
            let answer = try test.send("POST", "/v1/embeddings", fields: [WireField("Accept-Encoding", "gzip")])
            #expect(answer.body == gzip)
            #expect(answer["Content-Encoding"] == "gzip")
            #expect(test.last?["Accept-Encoding"] == "identity")
        }
    }
}
