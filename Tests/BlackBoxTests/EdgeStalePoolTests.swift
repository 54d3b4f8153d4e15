// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Kept connections that die together, as when a load balancer restarts.
@Suite("Edge: dead connections")
struct EdgeStalePoolTests {
    @Test("where one kept connection has died, the retry leaves the others alone")
    func freshOnRetry() async throws {
        try await edge(["RELAY_RETRY": "connect=1"]) { bench in
            let open = Monitor(0)
            let key = bench.script { request, connection in
                if request.indexOnConnection > 0 { return connection.reset() }
                open.withLock { $0 += 1 }
                // Three at once, so that three connections are kept.
                _ = open.wait { $0 >= 3 }
                try connection.respond(body: request.body)
            }
            let clients = try (0..<3).map { _ in try bench.relay.connect() }
            for client in clients { try bench.send(key, on: client) }
            for client in clients { #expect(try client.readResponse(to: "POST").status == 200) }
            let answer = try bench.post(key, body: Array("whole".utf8), on: clients[0])
            #expect((answer.status, answer.bodyText) == (200, "whole"))
            #expect(bench.seen(key).count == 5)
        }
    }
}
