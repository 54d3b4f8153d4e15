// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Limits by name.
@Suite("Client limits")
struct ClientKeyLimitTests {
    private typealias Test = RelayUnderTest

    @Test("a name's share is a tenth of its minute, then 429 that says when; other names are not touched")
    func limits() async throws {
        try await onThread {
            let test = try Test.keyed(["RELAY_CLIENT_LIMITS": "ragflow=30"])
            let start = monotonicNanoseconds()
            var answers: [ReceivedResponse] = []
            repeat {
                let id = WireField("X-Request-Id", "call-\(answers.count)")
                answers.append(try test.chat(fields: [.bearer(Test.ragflowKey), id]))
            } while answers.last?.status == 200 && answers.count < 1_000
            let served = answers.count - 1
            // On a slow machine one grows back each two seconds while they are used up.
            let grown = Int((monotonicNanoseconds() - start) / 2_000_000_000)
            #expect((3...3 + grown).contains(served))
            let refused = try #require(answers.last)
            #expect(refused.status == 429)
            #expect(refused.errorCode == "rate_limited")
            #expect(refused.bodyText.contains("rate limit"))
            let wait = try #require(refused["Retry-After"].flatMap { Int($0) })
            #expect((1...2).contains(wait))
            for _ in 0..<6 { #expect(try test.status([.bearer(Test.difyKey)]) == 200) }
            #expect(test.upstream.requestCount == served + 6)
            let line = test.relay.waitForAccessLog(requestID: "call-\(served)")
            #expect(line?.string("client") == "ragflow")
            #expect(line?.string("side") == "client")
            let series = "relay_requests_total{endpoint=\"chat/completions\",status=\"429\",client=\"ragflow\"} 1\n"
            #expect(try test.metrics().contains(series))
        }
    }

    @Test("the share grows back")
    func growsBack() async throws {
        try await onThread {
            // One request at once, another each 100 ms.
            let test = try Test.keyed(["RELAY_CLIENT_LIMITS": "dify=600"])
            let deadline = Deadline(hangLimit)
            var (refused, served) = (false, false)
            while !deadline.isOver, !(refused && served) {
                let status = try test.status([.bearer(Test.difyKey)])
                if status == 429 { refused = true } else if refused { served = true }
            }
            #expect(refused && served)
        }
    }

    @Test("the page's polls and refused keys use nothing up")
    func pollsAreFree() async throws {
        try await onThread {
            let test = try Test.keyed(["RELAY_CLIENT_LIMITS": "ragflow=1"])
            let client = try test.relay.connect()
            for _ in 0..<5 {
                #expect(try client.exchange("GET", "/status.json", fields: [.bearer(Test.ragflowKey)]).status == 200)
                #expect(try test.status([.bearer("wrong")]) == 401)
            }
            #expect(try test.status([.bearer(Test.ragflowKey)]) == 200)
            #expect(try test.status([.bearer(Test.ragflowKey)]) == 429)
        }
    }
}
