// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// `RELAY_MAX_INFLIGHT`, `RELAY_QUEUE`, `RELAY_QUEUE_WAIT`.
@Suite("Edge: concurrency gate")
struct EdgeQueueTests {
    private static let one = [
        "RELAY_MAX_INFLIGHT": "1", "RELAY_QUEUE": "3", "RELAY_QUEUE_WAIT": "600s", "RELAY_LOOPS": "2",
    ]

    @Test("who waits is served in the order of coming; who finds no place is told so at once")
    func order() async throws {
        try await edge(Self.one) { bench in
            let gate = Gate()
            let order = Monitor<[String]>([])
            let key = bench.script { request, connection in
                order.withLock { $0.append(request.bodyText) }
                if request.bodyText == "0" { try gate.wait() }
                try connection.respond(body: request.body)
            }
            var clients: [RawClient] = []
            for number in 0..<4 {
                let client = try bench.relay.connect()
                try bench.send(key, body: Array("\(number)".utf8), on: client)
                if number == 0 { #expect(bench.waitUntilSeen(key)) }
                #expect(try bench.waitFor("relay_queue_depth", Double(number)))
                clients.append(client)
            }
            let refused = try bench.post(key, body: Array("x".utf8))
            #expect((refused.status, refused.errorCode) == (429, "rate_limited"))
            #expect(refused.bodyText.contains("rate limit"))
            #expect(refused["Retry-After"] != nil)
            gate.open()
            for (number, client) in clients.enumerated() {
                #expect(try client.readResponse().bodyText == "\(number)")
            }
            #expect(order.value == ["0", "1", "2", "3"])
            #expect(try bench.waitFor("relay_inflight", 0))
            #expect(try bench.waitFor("relay_queue_depth", 0))
        }
    }

    @Test("who waits too long is told so, and its place goes to nobody else's harm")
    func waitTooLong() async throws {
        try await edge(Self.one.merging(["RELAY_QUEUE_WAIT": "200ms"]) { $1 }) { bench in
            let gate = Gate()
            let key = bench.script { _, connection in
                try gate.wait()
                try connection.respond(json: "{}")
            }
            let first = try bench.relay.connect()
            try bench.send(key, on: first)
            #expect(bench.waitUntilSeen(key))
            let other = bench.script { _, connection in try connection.respond(json: "{}") }
            let answer = try bench.post(other)
            #expect((answer.status, answer.errorCode) == (429, "rate_limited"))
            #expect(answer.bodyText.contains("rate limit"))
            #expect(answer["Retry-After"] != nil)
            let line = try bench.log(other)
            #expect((line.string("outcome"), line.string("side")) == ("rate_limited", "relay"))
            #expect((line.number("queue_ms") ?? 0) >= 190)
            gate.open()
            #expect(try first.readResponse().status == 200)
            #expect(try bench.waitFor("relay_inflight", 0))
            #expect(try bench.post(other).status == 200)
        }
    }

    @Test("a client that leaves the queue costs nothing upstream and gives its place back")
    func leaves() async throws {
        try await edge(Self.one) { bench in
            let gate = Gate()
            let key = bench.script { _, connection in
                try gate.wait()
                try connection.respond(json: "{}")
            }
            let other = bench.script { _, connection in try connection.respond(json: "{}") }
            let first = try bench.relay.connect()
            try bench.send(key, on: first)
            #expect(bench.waitUntilSeen(key))
            let leaver = try bench.relay.connect()
            try bench.send(other, on: leaver)
            #expect(try bench.waitFor("relay_queue_depth", 1))
            leaver.close()
            let line = try bench.log(other)
            #expect((line.string("outcome"), line.string("side")) == ("client_gone", "client"))
            #expect(try bench.waitFor("relay_queue_depth", 0))
            gate.open()
            #expect(try first.readResponse().status == 200)
            #expect(bench.seen(other).isEmpty)
            #expect(try bench.post(other).status == 200)
        }
    }
}
