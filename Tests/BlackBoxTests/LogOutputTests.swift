// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// What a relay prints: formats, levels, bodies.
@Suite("Log of a running relay")
struct LogOutputTests {
    private typealias Test = RelayUnderTest

    private static let accessKeys = [
        "ts", "level", "msg", "request_id", "client", "endpoint", "method", "path", "status", "upstream_status",
        "bytes_in",
        "bytes_out", "pieces", "queue_ms", "token_ms", "first_byte_ms", "total_ms", "outcome", "side", "replayed",
    ]

    private func start(_ settings: [String: String], status: Int = 200, body: String = "{\"ok\":true}") throws
        -> RelayUnderTest
    {
        try Test(settings.merging(["RELAY_TOKEN": Test.token]) { $1 }) { connection in
            while try connection.readRequest(timeout: .seconds(3_600)) != nil {
                try connection.respond(status, json: body)
            }
        }
    }

    @Test("a JSON line has every key in its order, and everything goes to standard output")
    func jsonLines() async throws {
        try await onThread {
            let test = try start([:])
            #expect(try test.chat(fields: [WireField("X-Request-Id", "one")]).status == 200)
            let line = try #require(test.relay.waitForAccessLog(requestID: "one"))
            var rest = line.text[...]
            for key in Self.accessKeys {
                let range = try #require(rest.firstRange(of: "\"\(key)\":"), "\(key) is missing or out of order")
                rest = rest[range.upperBound...]
            }
            #expect(line.int("bytes_in") == 13)
            #expect(line.int("bytes_out") == 11)
            #expect(line.string("path") == "/v1/chat/completions")
            #expect(test.relay.process.lines.allSatisfy { $0.json != .null })
            #expect(test.relay.stop() == .code(0))
            #expect(test.relay.process.standardError.isEmpty)
        }
    }

    @Test("the text format says the same for human eyes")
    func textLines() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let address = "unix:\(directory.path(of: "s"))"
            let upstream = try ScriptedUpstream.perRequest { _, connection in try connection.respond(json: "{}") }
            let process = try TestProcess(
                executable: BuiltProduct.path(of: "tokenrelay"),
                environment: [
                    "RELAY_LISTEN": address, "RELAY_LOG_FORMAT": "text", "RELAY_TOKEN_SOURCE": "none",
                    "RELAY_UPSTREAM_URL": upstream.baseURL,
                ])
            #expect(process.waitForLine { $0.text.contains(" info  listening address=unix:") } != nil)
            let answer = try RawClient(to: #require(Endpoint(address))).exchange(
                "POST", "/v1/embeddings", fields: [WireField("X-Request-Id", "a\"b=c\\d")], body: [])
            #expect(answer.status == 200)
            let line = try #require(process.waitForLine { $0.text.contains(" exchange ") })
            #expect(
                line.text.contains(#" info  exchange request_id="a\"b=c\\d" client=anonymous endpoint=embeddings "#))
            #expect(line.text.contains(" status=200 "))
            // What there is nothing to say about is left out.
            #expect(!line.text.contains("side="))
        }
    }

    @Test(
        "a level leaves out what is below it",
        arguments: [("debug", [true, true, true]), ("info", [false, true, true]), ("warn", [false, false, true])])
    func levels(level: String, shown: [Bool]) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream.perRequest { request, connection in
                try connection.respond(request.values(of: "x-want").first.flatMap { Int($0) } ?? 200, json: "{}")
            }
            let directory = try TemporaryDirectory()
            let address = "unix:\(directory.path(of: "s"))"
            let process = try TestProcess(
                executable: BuiltProduct.path(of: "tokenrelay"),
                environment: [
                    "RELAY_LISTEN": address, "RELAY_LOG_LEVEL": level, "RELAY_TOKEN_SOURCE": "none",
                    "RELAY_UPSTREAM_URL": upstream.baseURL,
                ])
            let endpoint = try #require(Endpoint(address))
            #expect(eventually { (try? RawClient(to: endpoint)) != nil })
            let client = try RawClient(to: endpoint)
            _ = try client.exchange("GET", "/healthz", fields: [WireField("X-Request-Id", "probe")])
            for (id, status) in [("good", "200"), ("bad", "500")] {
                _ = try client.exchange(
                    "POST", "/v1/embeddings", fields: [WireField("X-Request-Id", id), WireField("x-want", status)],
                    body: [])
            }
            process.send(15)
            #expect(process.waitForExit() == .code(0))
            let ids = process.lines.compactMap { $0.string("outcome") == nil ? nil : $0.string("request_id") }
            #expect(["probe", "good", "bad"].map { ids.contains($0) } == shown)
        }
    }

    @Test("bodies are logged on request only, with a warning at each start", arguments: ["off", "head", "full"])
    func bodies(mode: String) async throws {
        try await onThread {
            let long = String(repeating: "0123456789", count: 1_000)
            let test = try start(["RELAY_LOG_BODIES": mode], body: "{\"answer\":\"\(long)\"}")
            let answer = try test.relay.connect().exchange(
                "POST", "/v1/chat/completions", fields: [WireField("X-Request-Id", "b")],
                body: Array("{\"question\":\"\(long)\"}".utf8))
            #expect(answer.status == 200)
            _ = test.relay.waitForAccessLog(requestID: "b")
            #expect(test.relay.stop() == .code(0))
            let warning = test.relay.process.lines.first { $0.string("variable") == "RELAY_LOG_BODIES" }
            #expect((warning?.string("level") == "warn") == (mode != "off"))
            let lines = test.relay.process.lines.filter { $0.string("msg") == "body" }
            #expect(lines.count == (mode == "off" ? 0 : 2))
            for line in lines {
                #expect(line.string("request_id") == "b")
                let text = try #require(line.string("body"))
                #expect(text.contains("0123456789"))
                #expect(line.bool("cut") == (mode == "head"))
                #expect(text.utf8.count == (mode == "head" ? 2_048 : line.int("bytes")))
            }
        }
    }
}
