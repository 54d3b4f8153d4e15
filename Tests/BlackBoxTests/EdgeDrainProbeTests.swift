// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayTestSupport
import Testing

/// A drain while health probes go on.
@Suite("Edge: drain under probes")
struct EdgeDrainProbeTests {
    @Test("probes on open connections of one loop do not end the streams of another")
    func probes() async throws {
        try await edge(["RELAY_LOOPS": "2"]) { bench in
            let end = Gate()
            let key = bench.script { _, connection in
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: 1\n\n")
                try end.wait()
                try connection.sendLastChunk()
            }
            // The kernel spreads them: some are surely on the loop without the stream.
            let idle = try (0..<12).map { _ in try bench.relay.connect() }
            for client in idle { #expect(try client.exchange("GET", "/healthz").status == 200) }
            let client = try bench.relay.connect()
            try bench.send(key, on: client)
            _ = try client.read(through: "data: 1\n\n")
            bench.relay.process.send(SIGTERM)
            #expect(bench.relay.waitForLog { $0.string("msg") == "draining" } != nil)
            for client in idle {
                let answer = try client.exchange("GET", "/readyz")
                #expect(answer.status == 503 || answer.status == 200)  // 200 if it came before the loop had the word
            }
            end.open()
            #expect(String(decoding: try client.readToEnd().suffix(5), as: UTF8.self) == "0\r\n\r\n")
            #expect(bench.relay.process.waitForExit() == .code(0))
        }
    }

    @Test("requests that have arrived when the signal comes are answered, accepted or not", arguments: [1, 2])
    func atTheDoor(loops: Int) async throws {
        try await edge(["RELAY_LOOPS": "\(loops)"]) { bench in
            let key = bench.script { _, connection in try connection.respond(json: "{}") }
            let kept = try (0..<4).map { _ in try bench.relay.connect() }
            for client in kept { #expect(try client.exchange("GET", "/healthz").status == 200) }
            bench.relay.process.send(SIGSTOP)
            let waiting = try (0..<100).map { _ in try bench.relay.connect() }
            for client in kept + waiting { try bench.send(key, on: client) }
            bench.relay.process.send(SIGTERM)
            bench.relay.process.send(SIGCONT)
            for client in kept + waiting {
                let answer = try client.readResponse()
                #expect(answer.status == 200 || answer.errorCode == "draining")
            }
            #expect(bench.relay.process.waitForExit() == .code(0))
        }
    }
}
