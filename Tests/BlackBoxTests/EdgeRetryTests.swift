// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// `RELAY_RETRY`: what is sent again, how often, and what never is.
@Suite("Edge: retries")
struct EdgeRetryTests {
    @Test("an upstream that comes back is waited for, briefly")
    func comesBack() async throws {
        // The tries end after 4.6 s: a machine that stalls for longer proves nothing and is asked once more.
        let isProven = try await onThread { try eventually { try Self.comesBackInTime() } }
        #expect(isProven)
    }

    /// False if the machine was too slow to listen in time.
    private static func comesBackInTime() throws -> Bool {
        // Nobody listens there when the relay first tries, nor can anybody else be given it.
        let address = try ReservedAddress()
        let relay = try RelayProcess([
            "RELAY_TOKEN": "t", "RELAY_UPSTREAM_URL": "http://\(address.endpoint)/v1", "RELAY_LOOPS": "1",
            "RELAY_LOG_LEVEL": "debug", "RELAY_RETRY": "connect=10",
        ])
        defer { relay.process.kill() }
        let client = try relay.connect()
        let start = monotonicNanoseconds()
        try client.sendRequest(
            "POST", EdgeBench.chat, fields: [WireField("X-Request-Id", "back")], body: Array("{}".utf8))
        #expect(relay.waitForLog { $0.string("msg") == "upstream call failed" } != nil)
        let upstream = try ScriptedUpstream.perRequest(on: address) { _, connection in
            try connection.respond(json: "{\"back\":true}")
        }
        let isLate = monotonicNanoseconds() - start > 4_000_000_000
        let answer = try client.readResponse()
        if isLate, answer.status == 502 { return false }
        #expect((answer.status, answer.bodyText) == (200, "{\"back\":true}"))
        #expect(upstream.requestCount == 1)
        #expect(try #require(relay.waitForAccessLog(requestID: "back")).string("outcome") == "ok")
        return true
    }

    @Test(
        "it is given up after two retries, and at once when retries are off",
        arguments: [("connect=2", 3), ("off", 1), ("connect=0", 1)])
    func givesUp(setting: String, attempts: Int) async throws {
        try await onThread {
            let relay = try RelayProcess([
                "RELAY_TOKEN": "t", "RELAY_UPSTREAM_URL": "http://127.0.0.1:1/v1", "RELAY_RETRY": setting,
                "RELAY_LOG_LEVEL": "debug", "RELAY_LOOPS": "1",
            ])
            defer { relay.process.kill() }
            let answer = try relay.connect().exchange(
                "POST", EdgeBench.chat, fields: [WireField("X-Request-Id", "up")], body: Array("{}".utf8))
            #expect((answer.status, answer.errorCode) == (502, "upstream_unreachable"))
            #expect(relay.waitForAccessLog(requestID: "up") != nil)
            #expect(relay.process.lines.filter { $0.string("msg") == "upstream call failed" }.count == attempts)
            let metrics = try relay.connect().exchange("GET", "/metrics").bodyText
            #expect(metrics.contains("relay_upstream_errors_total{kind=\"refused\"} \(attempts)\n"))
        }
    }

    @Test(
        "busy answers are retried as often as allowed, and only for a short Retry-After",
        arguments: [
            (429, "Retry-After: 0\r\n", "429=1", 2, 200), (429, "", "429=1", 2, 200),
            (429, "Retry-After: 0\r\n", "connect=2", 1, 429),
            (429, "Retry-After: 6\r\n", "429=1", 1, 429), (503, "Retry-After: 0\r\n", "503=1", 2, 200),
            (503, "", "503=1", 1, 503), (503, "Retry-After: 60\r\n", "503=1", 1, 503),
            (503, "Retry-After: 0\r\n", "off", 1, 503),
            (500, "Retry-After: 0\r\n", "429=1,503=1", 1, 500),
        ])
    func busy(status: Int, field: String, setting: String, attempts: Int, outcome: Int) async throws {
        try await edge(["RELAY_RETRY": setting]) { bench in
            let count = Monitor(0)
            let key = bench.script { request, connection in
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                if number > 1 { return try connection.respond(body: request.body) }
                try connection.send("HTTP/1.1 \(status) Busy\r\n\(field)Content-Length: 4\r\n\r\nbusy")
            }
            let answer = try bench.post(key, body: Array("the body".utf8))
            #expect(answer.status == outcome)
            #expect(answer.bodyText == (outcome == 200 ? "the body" : "busy"))
            #expect(bench.seen(key).count == attempts)
            #expect(bench.seen(key).allSatisfy { $0.bodyText == "the body" })
        }
    }

    @Test("a second busy answer passes")
    func busyTwice() async throws {
        try await edge(["RELAY_RETRY": "429=1,503=1"]) { bench in
            let key = bench.script(sending: "HTTP/1.1 429 Busy\r\nRetry-After: 0\r\nContent-Length: 4\r\n\r\nbusy")
            let answer = try bench.post(key)
            #expect((answer.status, answer.bodyText, answer["Retry-After"]) == (429, "busy", "0"))
            #expect(bench.seen(key).count == 2)
        }
    }

    @Test(
        "a reused connection that is dead costs neither body nor answer", arguments: [PeerClose.finished, .reset],
        [2, 3_000_000])
    func staleConnection(way: PeerClose, size: Int) async throws {
        try await edge([:]) { bench in
            let (body, answered, ended) = ([UInt8](repeating: 0x61, count: size), Gate(), Gate())
            let key = bench.script { request, connection in
                try connection.respond(json: "\(request.body.count)")
                guard request.connection == 0, !ended.isOpen else { return }
                // Not before the answer is through: a reset may destroy what has not been read.
                try answered.wait()
                if way == .finished { connection.close() } else { connection.reset() }
                ended.open()
            }
            let client = try bench.relay.connect()
            #expect(try bench.post(key, body: body, on: client).bodyText == "\(size)")
            answered.open()
            // The next request races with the end of the connection: it must not matter who wins.
            #expect(try bench.post(key, body: body, on: client).bodyText == "\(size)")
            try ended.wait()
            #expect(try bench.post(key, body: body, on: client).bodyText == "\(size)")
            #expect(bench.seen(key).count == 3)
            #expect(bench.seen(key).allSatisfy { $0.body == body })
        }
    }

    @Test(
        "a connection that dies under a second request: sent again once if allowed, else a plain error",
        arguments: [("connect=1", 200, 3), ("off", 502, 2)])
    func diesUnderRequest(setting: String, status: Int, requests: Int) async throws {
        try await edge(["RELAY_RETRY": setting]) { bench in
            let key = bench.script { request, connection in
                if request.connection == 0, request.indexOnConnection == 1 { return connection.reset() }
                try connection.respond(body: request.body)
            }
            let client = try bench.relay.connect()
            #expect(try bench.post(key, on: client).status == 200)
            let answer = try bench.post(key, body: Array("whole".utf8), on: client)
            #expect(answer.status == status)
            if status == 200 {
                #expect(answer.bodyText == "whole")
            } else {
                #expect(answer.errorCode == "upstream_reset")
            }
            // A kept connection that ends is no failure, as long as the client gets its answer.
            #expect(try bench.metric("relay_upstream_errors_total") == (status == 200 ? 0 : 1))
            #expect(bench.seen(key).count == requests)
        }
    }

    @Test(
        "nothing is sent again once upstream has answered, or on a fresh connection",
        arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
    func never(bytes: String) async throws {
        try await edge(["RELAY_RETRY": "connect=5,429=5,503=5"]) { bench in
            let key = bench.script(sending: bytes, thenCloses: true)
            let answer = try bench.post(key)
            #expect(bytes.isEmpty ? answer.status == 502 : !answer.isComplete)
            #expect(bench.seen(key).count == 1)
        }
    }
}
