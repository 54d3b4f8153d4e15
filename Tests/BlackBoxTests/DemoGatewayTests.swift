// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// The stand-in gateway on its own: what it promises is what the relay's tests build on.
@Suite("Demo gateway")
struct DemoGatewayTests {
    private struct Client {
        let gateway: GatewayProcess
        let token: String

        init(_ gateway: GatewayProcess) throws {
            self.gateway = gateway
            token = try gateway.issueToken()
        }

        func ask(
            _ method: String, _ path: String, _ body: JSON? = nil, fields: [WireField] = []
        ) throws -> ReceivedResponse {
            let authorization = WireField("Authorization", "Bearer \(token)")
            return try RawClient(to: gateway.endpoint).exchange(
                method, "/v1/" + path, fields: [authorization] + fields, body: body?.bytes)
        }
    }

    private static let hello: JSON = [
        "model": "demo-chat", "stream": true, "messages": [["role": "user", "content": "Grüße 你好"]],
    ]

    @Test("every endpoint answers in OpenAI's shape")
    func endpoints() async throws {
        try await onThread {
            let client = try Client(GatewayProcess())
            let chat: JSON = ["model": "m", "messages": [["role": "user", "content": "hi"]]]
            let cases: [(String, JSON, String)] = [
                ("chat/completions", chat, "choices"), ("completions", ["model": "m", "prompt": "hi"], "choices"),
                ("embeddings", ["model": "m", "input": ["a", "b"]], "data"),
                ("rerank", ["model": "m", "query": "q", "documents": ["a", "q"]], "results"),
                ("responses", ["model": "m", "input": "hi"], "output"),
                ("images/generations", ["model": "m", "prompt": "hi"], "data"),
                ("moderations", ["input": "hi"], "results"), ("score", ["text_1": "a", "text_2": ["b"]], "data"),
                ("tokenize", ["model": "m", "prompt": "hi"], "tokens"),
                ("batches", ["input_file_id": "f", "endpoint": "/v1/embeddings"], "status"),
            ]
            for (path, body, member) in cases {
                let answer = try client.ask("POST", path, body)
                #expect(answer.status == 200, "\(path)")
                #expect(JSON(parsing: answer.body)?[member] != nil, "\(path)")
            }
            for path in ["models", "files", "batches", "models/demo%2Fft%3Achat%3A2026"] {
                #expect(try client.ask("GET", path).status == 200, "\(path)")
            }
            #expect(try client.ask("GET", "nothing").status == 404)
        }
    }

    @Test("expired, revoked and unknown tokens are refused")
    func refusesTokens() async throws {
        try await onThread {
            let gateway = try GatewayProcess(tokenLifetime: "0ms")
            let refused = try Client(gateway).ask("GET", "models")
            #expect(refused.status == 401)
            #expect(refused["WWW-Authenticate"]?.contains("invalid_token") == true)
            #expect(JSON(parsing: refused.body)?["error"]?["code"] == "invalid_token")
            try gateway.control("token-lifetime", post: ["seconds": 60])
            let client = try Client(gateway)
            #expect(try client.ask("GET", "models").status == 200)
            try gateway.control("revoke", post: [:])
            #expect(try client.ask("GET", "models").status == 401)
            #expect(try gateway.control("stats")["unauthorized"] == 2)
        }
    }

    @Test("a stream is recorded as it was sent, in every dialect and cut")
    func recordsStreams() async throws {
        try await onThread {
            let client = try Client(GatewayProcess())
            let wishes: [[WireField]] = [
                [], [WireField("x-demo-crlf", "true"), WireField("x-demo-comments", "true")],
                [WireField("x-demo-split-every", "7")], [WireField("x-demo-split-at", "301")],
                [WireField("x-demo-content-length", "true")], [WireField("x-demo-close-delimited", "true")],
            ]
            for (index, wish) in wishes.enumerated() {
                let id = WireField("X-Request-Id", "stream-\(index)")
                let answer = try client.ask("POST", "chat/completions", Self.hello, fields: wish + [id])
                let record = try client.gateway.control("streams/stream-\(index)")
                #expect(record["sha256"]?.text == SHA256.hex(of: answer.body), "\(wish)")
                #expect(record["length"]?.integer == answer.body.count)
                #expect(record["complete"] == true)
                #expect(answer.bodyText.contains("data: [DONE]"))
                #expect(answer.bodyText.contains("你好"))
                if index == 2 { #expect(answer.chunks.dropLast().allSatisfy { $0.count == 7 }) }
            }
        }
    }

    @Test("misbehaviour comes when asked for")
    func misbehaves() async throws {
        try await onThread {
            let client = try Client(GatewayProcess())
            let dropped = try client.ask(
                "POST", "chat/completions", Self.hello, fields: [WireField("x-demo-drop-after", "2")])
            #expect(dropped.chunks.count == 2)
            #expect(!dropped.isComplete)
            try client.gateway.control("failures", post: ["requests": 1, "status": 503, "retry-after": 1])
            let failed = try client.ask("GET", "models")
            #expect(failed.status == 503)
            #expect(failed["Retry-After"] == "1")
            #expect(try client.ask("GET", "models").status == 200)
            try client.gateway.control("failures", post: ["token_status": 500])
            #expect(throws: SupportError.self) { try client.gateway.issueToken() }
            try client.gateway.control("failures", post: [:])
            #expect(try !client.gateway.issueToken().isEmpty)
            let filler = try client.ask("GET", "models", fields: [WireField("x-demo-bytes", "200000")])
            #expect(filler.body.count == 200_000)
        }
    }

    @Test("an upload is hashed, and only asked for after the head was liked")
    func hashesUploads() async throws {
        try await onThread {
            let client = try Client(GatewayProcess())
            let content = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 7) } + Array("\r\n--b".utf8)
            let head = "--bound\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper\r\n"
            let file = "--bound\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n"
            let body = Array((head + file).utf8) + content + Array("\r\n--bound--\r\n".utf8)
            let raw = try RawClient(to: client.gateway.endpoint)
            try raw.send(
                """
                POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(client.token)\r\n\
                Content-Type: multipart/form-data; boundary=bound\r\nContent-Length: \(body.count)\r\n\
                Expect: 100-continue\r\n\r\n
                """)
            #expect(try raw.readResponse().status == 100)
            try raw.send(body)
            let answer = try raw.readResponse()
            #expect(answer["X-Demo-File-SHA256"] == SHA256.hex(of: content))
            #expect(answer["X-Demo-File-Bytes"] == "\(content.count)")
        }
    }
}
