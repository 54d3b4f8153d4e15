// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// A relay that waits does not work: processor time while streams are silent.
@Suite("Edge: silent streams cost no processor time")
struct EdgeIdleTests {
    @Test(
        "after bodies around the size of one read, on fresh and on reused connections",
        arguments: [2, 65_536, 65_537, 3 << 20])
    func idleStream(size: Int) async throws {
        try await edge([:]) { bench in
            let key = bench.script { request, connection in
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: \(request.body.count)\n\n")
                if request.indexOnConnection == 0 { return try connection.sendLastChunk() }
                _ = connection.waitForPeerClose(timeout: .seconds(600))
            }
            let body = [UInt8](repeating: 0x20, count: size)
            var clients: [RawClient] = []
            for _ in 0..<5 {
                // The first answer of a connection upstream ends, the second, on the same connection, falls silent.
                let client = try bench.relay.connect()
                #expect(try bench.post(key, body: body, on: client).bodyText == "data: \(size)\n\n")
                try bench.send(key, body: body, on: client)
                _ = try client.read(through: "data: \(size)\n\n\r\n")
                clients.append(client)
            }
            let fresh = bench.script { _, connection in
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: fresh\n\n")
                _ = connection.waitForPeerClose(timeout: .seconds(600))
            }
            let last = try bench.relay.connect()
            try bench.send(fresh, body: body, on: last)
            _ = try last.read(through: "data: fresh\n\n\r\n")
            #expect(bench.relay.leastBusy(.milliseconds(100)) <= .milliseconds(100))
        }
    }

    @Test("a client that has half-closed, and one that has gone while upstream is silent, cause no spin")
    func halfClosed() async throws {
        try await edge(["RELAY_HALF_CLOSE": "true"]) { bench in
            let key = bench.script { _, connection in _ = connection.waitForPeerClose(timeout: .seconds(600)) }
            let clients = try (0..<3).map { _ in try bench.relay.connect() }
            for client in clients { try bench.send(key, on: client) }
            #expect(bench.waitUntilSeen(key, count: 3))
            for client in clients { client.halfClose() }
            #expect(bench.relay.leastBusy(.milliseconds(100)) <= .milliseconds(100))
            for client in clients { client.reset() }
            #expect(try bench.waitFor("relay_inflight", 0))
        }
    }
}
