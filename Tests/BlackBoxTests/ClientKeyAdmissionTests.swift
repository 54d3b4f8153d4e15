// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Who gets in, by which header, and under which name.
@Suite("Client keys")
struct ClientKeyAdmissionTests {
    private typealias Test = RelayUnderTest

    @Test("each of the three headers opens the door, in any spelling of its name and scheme")
    func spellings() async throws {
        try await onThread {
            let test = try Test.keyed()
            let key = Test.ragflowKey
            let right: [WireField] = [
                .bearer(key), WireField("AUTHORIZATION", "bearer \(key)"),
                WireField("authorization", "BEARER   \(key)"),
                WireField("api-key", key), WireField("Api-Key", key), WireField("X-API-KEY", key),
            ]
            for field in right { #expect(try test.status([field]) == 200, "\(field.name)") }
            let wrong: [WireField] = [
                .bearer(key + "x"), .bearer(String(key.dropLast())), .bearer(key.uppercased()), .bearer(""),
                .bearer("\(key),\(key)"), WireField("Authorization", "Basic \(key)"),
                .bearer("ragflow:\(key)"), WireField("x-api-key", "Bearer \(key)"), WireField("key", key),
                WireField("Cookie", "api-key=\(key)"),
            ]
            let before = test.upstream.requestCount
            for field in wrong { #expect(try test.status([field]) == 401, "\(field)") }
            #expect(test.upstream.requestCount == before)
            #expect(try test.relay.connect().exchange("GET", "/v1/models?api-key=\(key)").status == 401)
        }
    }

    @Test("among several headers one right key suffices, and none of them goes upstream")
    func severalHeaders() async throws {
        try await onThread {
            let test = try Test.keyed()
            let key = Test.ragflowKey
            #expect(try test.status([.bearer("wrong"), WireField("api-key", key)]) == 200)
            #expect(try test.status([.bearer("wrong"), .bearer(key)]) == 200)
            #expect(try test.status([.bearer(key), WireField("x-api-key", "wrong")]) == 200)
            #expect(
                try test.status([.bearer("wrong"), WireField("api-key", "wrong"), WireField("x-api-key", "")]) == 401)
            for request in test.upstream.requests {
                #expect(request.values(of: "Authorization") == ["Bearer \(Test.token)"])
                #expect(request.values(of: "api-key").isEmpty)
                #expect(request.values(of: "x-api-key").isEmpty)
            }
        }
    }

    @Test("what needs no key refuses a wrong method without one", arguments: ["/healthz", "/readyz", "/metrics", "/"])
    func wrongMethod(path: String) async throws {
        try await onThread {
            let test = try Test.keyed()
            let answer = try test.relay.connect().exchange("POST", path, body: [])
            #expect((answer.status, answer["Allow"]) == (405, "GET, HEAD"))
        }
    }

    @Test("a refusal says how to ask, shows nothing, and keeps the connection")
    func refusal() async throws {
        try await onThread {
            let test = try Test.keyed()
            let client = try test.relay.connect()
            let answer = try client.exchange(
                "POST", "/v1/chat/completions", fields: [.bearer("wrong-canary")], body: Array("{}".utf8))
            #expect(answer.status == 401)
            #expect(answer.errorCode == "client_key_rejected")
            #expect(answer["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
            #expect(answer["x-should-retry"] == "false")
            #expect(!answer.bodyText.contains("canary"))
            let again = try client.exchange(
                "POST", "/v1/chat/completions", fields: [.bearer(Test.difyKey)], body: Array("{}".utf8))
            #expect(again.status == 200)
        }
    }

    @Test("the name stands in log and metrics, the key nowhere")
    func names() async throws {
        try await onThread {
            let test = try Test.keyed(["RELAY_LOG_LEVEL": "debug"])
            #expect(try test.status([.bearer(Test.ragflowKey), WireField("X-Request-Id", "first")]) == 200)
            #expect(try test.status([.bearer(Test.difyKey), WireField("X-Request-Id", "second")]) == 200)
            #expect(try test.status([.bearer("wrong-canary"), WireField("X-Request-Id", "third")]) == 401)
            #expect(test.relay.waitForAccessLog(requestID: "first")?.string("client") == "ragflow")
            #expect(test.relay.waitForAccessLog(requestID: "second")?.string("client") == "dify")
            let refused = test.relay.waitForAccessLog(requestID: "third")
            #expect(refused?["client"] == .null)
            #expect(refused?.string("outcome") == "client_key_rejected")
            #expect(refused?.string("side") == "client")
            let metrics = try test.metrics()
            for (client, status) in [("ragflow", 200), ("dify", 200), ("rejected", 401)] {
                let labels = "{endpoint=\"chat/completions\",status=\"\(status)\",client=\"\(client)\"}"
                #expect(metrics.contains("relay_requests_total\(labels) 1\n"))
            }
            let status = try test.relay.connect().exchange(
                "GET", "/status.json", fields: [.bearer(Test.ragflowKey)])
            #expect(status.status == 200)
            for text in [metrics, status.bodyText, test.relay.everythingPrinted] { #expect(!text.contains("canary")) }
        }
    }

    @Test("keys without a name, several for one name, and none at all")
    func nameless() async throws {
        try await onThread {
            let test = try Test.keyed(["RELAY_CLIENT_KEYS": "plain-key-1, team:old-key-22 ,team:new-key-33:with-colon"])
            for key in ["plain-key-1", "old-key-22", "new-key-33:with-colon"] {
                #expect(try test.status([.bearer(key)]) == 200, "\(key)")
            }
            for key in ["team:old-key-22", "new-key-33", "team"] {
                #expect(try test.status([.bearer(key)]) == 401, "\(key)")
            }
            let open = try Test.keyed(["RELAY_CLIENT_KEYS": ""])
            #expect(try open.status([]) == 200)
            #expect(try open.status([.bearer("whatever")]) == 200)
            #expect(open.relay.waitForLog { $0.string("client") == "anonymous" } != nil)
        }
    }

    @Test("health, readiness, metrics and the page need no key; the page's data does")
    func localEndpoints() async throws {
        try await onThread {
            let test = try Test.keyed()
            #expect(test.relay.waitUntilReady())
            let client = try test.relay.connect()
            for path in ["/healthz", "/readyz", "/metrics", "/"] {
                #expect(try client.exchange("GET", path).status == 200, "\(path)")
            }
            #expect(try client.exchange("GET", "/status.json").status == 401)
            #expect(try client.exchange("GET", "/status.json", fields: [.bearer("wrong")]).status == 401)
            #expect(
                try client.exchange("GET", "/status.json", fields: [WireField("api-key", Test.difyKey)]).status == 200)
            #expect(test.upstream.requestCount == 0)
        }
    }
}
