// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// `RELAY_ADMIN_LISTEN`: what is served where.
@Suite("Admin listener")
struct AdminListenerTests {
    private typealias Test = RelayUnderTest

    private func start(_ settings: [String: String] = [:]) throws -> (test: RelayUnderTest, admin: Endpoint) {
        let test = try Test.keyed(settings.merging(["RELAY_ADMIN_LISTEN": "127.0.0.1:0"]) { $1 })
        let address = test.relay.waitForLog { $0.string("msg") == "listening" }?.string("admin_address")
        return (test, try #require(address.flatMap { Endpoint($0) }))
    }

    @Test("metrics, page and data move there; the health pair is on both")
    func moves() async throws {
        try await onThread {
            let (test, admin) = try start()
            #expect(test.relay.waitUntilReady())
            let (main, other) = try (test.relay.connect(), RawClient(to: admin))
            for path in ["/healthz", "/readyz"] {
                #expect(try main.exchange("GET", path).status == 200)
                #expect(try other.exchange("GET", path).status == 200)
            }
            let key: [WireField] = [.bearer(Test.ragflowKey)]
            for path in ["/", "/metrics", "/status.json"] {
                #expect(try main.exchange("GET", path, fields: key).status == 404, "\(path)")
                #expect(try other.exchange("GET", path, fields: key).status == 200, "\(path)")
            }
            #expect(try other.exchange("GET", "/status.json").status == 401)
            let data = JSON(parsing: try other.exchange("GET", "/status.json", fields: key).body)
            #expect(data?["chat"] == .bool(false))
            #expect(try test.status(key) == 200)
        }
    }

    @Test("it is no way around to upstream", arguments: ["/v1/chat/completions", "/v1/models", "/", "/v1"])
    func servesNoClients(path: String) async throws {
        try await onThread {
            let (test, admin) = try start(["RELAY_RERANK_AT_BASE": "true"])
            let answer = try RawClient(to: admin).exchange(
                "POST", path, fields: [.bearer(Test.ragflowKey)], body: Array("{}".utf8))
            #expect([404, 405].contains(answer.status))
            #expect(test.upstream.requestCount == 0)
        }
    }

    @Test("it is reached also when clients have taken every connection")
    func beyondTheLimit() async throws {
        try await onThread {
            let (test, admin) = try start(["RELAY_MAX_CONNECTIONS": "2"])
            let clients = try (0..<2).map { _ in try test.relay.connect() }
            for client in clients { #expect(try client.exchange("GET", "/healthz").status == 200) }
            #expect(try test.relay.connect().readResponse().status == 503)
            for _ in 0..<3 { #expect(try RawClient(to: admin).exchange("GET", "/metrics").status == 200) }
            #expect(try clients[0].exchange("GET", "/healthz").status == 200)
        }
    }

    @Test("several event loops change nothing about it")
    func manyLoops() async throws {
        try await onThread {
            let (test, admin) = try start(["RELAY_LOOPS": "3"])
            for _ in 0..<12 {
                #expect(try RawClient(to: admin).exchange("GET", "/metrics").status == 200)
                let key: [WireField] = [.bearer(Test.ragflowKey)]
                #expect(try test.relay.connect().exchange("GET", "/metrics", fields: key).status == 404)
            }
        }
    }
}
