// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Sizes and counts of section 9: each with its status, and each recovers.
@Suite(
    "Edge: limits",
    .relay([
        "RELAY_MAX_HEADER": "2KiB", "RELAY_MAX_FIELDS": "10", "RELAY_MAX_TARGET": "100", "RELAY_MAX_BODY": "100KiB",
    ]))
struct EdgeLimitTests {
    @Test(
        "a request beyond a limit",
        arguments: [
            ("GET /\(String(repeating: "t", count: 100)) HTTP/1.1\r\nHost: a\r\n\r\n", 414, "uri_too_long"),
            ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "A: b\r\n", count: 10))\r\n", 431, "headers_too_large"),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nB: \(String(repeating: "b", count: 2_048))\r\n\r\n", 431,
                "headers_too_large"
            ),
            ("GET / HTTP/1.1\r\nHost: a\r\nB: \(String(repeating: "b", count: 9_000))", 431, "headers_too_large"),
            ("POST \(EdgeBench.chat) HTTP/1.1\r\nHost: a\r\nContent-Length: 102401\r\n\r\n", 413, "body_too_large"),
            (
                "POST \(EdgeBench.chat) HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n", 413,
                "body_too_large"
            ),
            (
                "POST \(EdgeBench.chat) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n19001\r\n"
                    + String(repeating: "b", count: 102_401), 413, "body_too_large"
            ),
        ])
    func beyond(request: String, status: Int, code: String) async throws {
        try await edge { bench in
            let client = try bench.relay.connect()
            try client.send(request)
            let answer = try client.readResponse()
            #expect((answer.status, answer.errorCode) == (status, code))
            #expect(answer["x-should-retry"] == "false")
            #expect(try client.readToEnd() == [])
            #expect(bench.upstream.requests.allSatisfy { $0.query?.contains("key=") ?? false })
        }
    }

    @Test("a request of exactly the limits is served")
    func within() async throws {
        try await edge { bench in
            let key = bench.script { request, connection in try connection.respond(json: "\(request.body.count)") }
            let client = try bench.relay.connect()
            let start = "POST \(bench.target(key))&"
            let target = start + String(repeating: "t", count: 105 - start.utf8.count)
            let fields = (0..<8).map { "X-\($0): b\r\n" }.joined()
            try client.send("\(target) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: 102400\r\n\r\n")
            try client.send([UInt8](repeating: 0x20, count: 102_400))
            #expect(try client.readResponse().bodyText == "102400")
        }
    }

    @Test("bodies beyond the budget of all are turned away until there is room")
    func bodyBudget() async throws {
        try await edge(["RELAY_MAX_BODY": "100KiB", "RELAY_BODY_BUDGET": "150KiB"]) { bench in
            let gate = Gate()
            let held = bench.script { _, connection in
                try gate.wait()
                try connection.respond(json: "{}")
            }
            let other = bench.script { _, connection in try connection.respond(json: "{}") }
            let body = [UInt8](repeating: 0x20, count: 100_000)
            let first = try bench.relay.connect()
            try first.send("POST \(bench.target(held)) HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            try first.send([UInt8](repeating: 0x20, count: 99_999))
            #expect(try bench.waitFor("relay_bytes_total") { $0 >= 99_999 })
            let full = try Self.repeating {
                try bench.post(other, body: body)
            } until: {
                $0.status == 503
            }
            #expect(full.errorCode == "overloaded")
            #expect(full["Retry-After"] != nil)
            #expect(full["Connection"] == "close")
            try first.send(" ")
            gate.open()
            #expect(try first.readResponse().status == 200)
            let served = try Self.repeating {
                try bench.post(other, body: body)
            } until: {
                $0.status == 200
            }
            #expect(served.status == 200)
        }
    }

    @Test("connections beyond the limit are told so, and room is found again")
    func connections() async throws {
        try await edge(["RELAY_MAX_CONNECTIONS": "3"]) { bench in
            var clients: [RawClient] = []
            for _ in 0..<3 {
                let client = try bench.relay.connect()
                #expect(try client.exchange("GET", "/healthz").status == 200)
                clients.append(client)
            }
            let refused = try bench.relay.connect()
            let answer = try refused.readResponse()
            #expect((answer.status, answer.errorCode) == (503, "overloaded"))
            #expect(answer["Retry-After"] != nil)
            #expect(try refused.readToEnd() == [])
            for client in clients { client.close() }
            refused.close()
            let served = try Self.repeating {
                try? bench.relay.connect().exchange("GET", "/healthz")
            } until: {
                $0?.status == 200
            }
            #expect(served?.status == 200)
        }
    }

    @Test("without descriptors the relay waits instead of spinning, and recovers")
    func descriptors() async throws {
        try await onThread {
            // So few that none is left over for an answer to those beyond a limit: the shortage lasts till clients leave.
            // What this process has open must not count: the shell closes what it was handed.
            let close = "for fd in /proc/$$/fd/*; do fd=${fd##*/}; ((fd < 3)) || eval \"exec $fd>&-\"; done; "
            let relay = try TestProcess(
                executable: "/bin/bash",
                arguments: ["-c", close + "ulimit -n 30; exec \"$0\" serve", BuiltProduct.path(of: "tokenrelay")],
                environment: [
                    "RELAY_LISTEN": "127.0.0.1:0", "RELAY_UPSTREAM_URL": "http://127.0.0.1:1/v1", "RELAY_TOKEN": "t",
                    "RELAY_LOOPS": "1", "RELAY_HEADER_TIMEOUT": "600s", "RELAY_KEEPALIVE_TIMEOUT": "600s",
                ])
            defer { relay.kill() }
            let line = try #require(relay.waitForLine { $0.string("msg") == "listening" })
            let endpoint = try #require(Endpoint(line.string("address") ?? ""))
            #expect(eventually { (try? RawClient(to: endpoint).exchange("GET", "/readyz"))?.status == 200 })
            let clients = try (0..<120).map { _ in try RawClient(to: endpoint) }
            #expect(relay.waitForLine { $0.text.contains("accept failed") } != nil)
            let first = try clients[0].exchange("POST", EdgeBench.chat, body: Array("{}".utf8))
            #expect((first.status, first.errorCode) == (503, "overloaded"))
            // The runtime ends the process if it gets no descriptor when it wants one.
            #expect((ProcessFigures(of: relay.processID)?.openDescriptors ?? 30) < 30)
            #expect(relay.leastBusy(.milliseconds(250)) <= .milliseconds(250))
            for client in clients { client.close() }
            #expect(eventually { (try? RawClient(to: endpoint).exchange("GET", "/healthz"))?.status == 200 })
            #expect(relay.isRunning)
        }
    }

    /// Does it again until the outcome fits; what is waited for has no other sign.
    static func repeating<R>(_ work: () throws -> R, until fits: (R) -> Bool) throws -> R {
        var result = try work()
        _ = try eventually {
            if !fits(result) { result = try work() }
            return fits(result)
        }
        return result
    }
}
