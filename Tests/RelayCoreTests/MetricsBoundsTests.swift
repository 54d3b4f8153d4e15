// SPDX-License-Identifier: Apache-2.0

import RelayBase
import RelayCore
import Testing

@Suite struct MetricsBoundsTests {
    @Test func `Ten thousand made-up models and clients cost a bounded number of series`() throws {
        let metrics = Metrics(loops: 2, clients: ["ragflow", "dify"], models: ["configured"])
        let loops = [metrics.loop(0), metrics.loop(1)]
        for number in 0..<10_000 {
            let loop = loops[number % 2]
            loop.usageSeen(endpoint: .embeddings, model: "made-up-\(number)", kind: .prompt, tokens: 1)
            loop.exchangeFinished(.chat(client: "made-up-\(number)"), at: .seconds(0))
        }
        loops[0].usageSeen(endpoint: .embeddings, model: "configured", kind: .prompt, tokens: 5)
        loops[1].exchangeFinished(.chat(client: "dify"), at: .seconds(0))
        let text = try Exposition(metrics.scrape())
        let models = Set(text.family("relay_usage_tokens_total")?.samples.compactMap { $0.labels["model"] } ?? [])
        #expect(models.count == 52)
        #expect(models.contains("made-up-49") && !models.contains("made-up-50"))
        #expect(text.value("relay_usage_tokens_total", ["model": "configured"]) == 5)
        #expect(text.value("relay_usage_tokens_total", ["model": "other"]) == 9_950)
        #expect(text.total("relay_usage_tokens_total") == 10_005)
        let clients = Set(text.family("relay_requests_total")?.samples.compactMap { $0.labels["client"] } ?? [])
        #expect(clients.count == 202)
        #expect(text.value("relay_requests_total", ["client": "dify"]) == 1)
        #expect(text.total("relay_requests_total") == 10_001)
    }

    @Test func `Statuses out of range and floods of series stay bounded and are all counted`() throws {
        let metrics = Metrics(loops: 1)
        let loop = metrics.loop(0)
        var sent = 0
        for endpoint in Endpoint.allCases {
            for status in [-1, 0, 99, 600, 70_000, Int.max] + Array(100...599) {
                var record = ExchangeRecord.chat(status: status)
                record.endpoint = endpoint
                loop.exchangeFinished(record, at: .seconds(0))
                sent += 1
            }
        }
        let text = try Exposition(metrics.scrape())
        let samples = text.family("relay_requests_total")?.samples ?? []
        #expect(samples.count <= 4_096 + 500)
        #expect(samples.allSatisfy { (100...599).contains(Int($0.labels["status"] ?? "") ?? 0) })
        #expect(text.total("relay_requests_total") == Double(sent))
    }

    @Test func `A path from the wire is no label`() throws {
        let metrics = Metrics(loops: 1)
        var record = ExchangeRecord.chat(status: 404, client: nil, outcome: .failed(.unknownEndpoint(path: "/canary")))
        record.path = "/canary"
        record.endpoint = .unknown
        metrics.loop(0).exchangeFinished(record, at: .seconds(0))
        let bytes = metrics.scrape()
        #expect(!String(decoding: bytes, as: UTF8.self).contains("canary"))
        #expect(
            try Exposition(bytes).value("relay_requests_total", ["endpoint": "unknown", "client": "rejected"]) == 1)
    }

    @Test(arguments: ["a\"b", "back\\slash", "line\nend", "trailing\\", "名字", "a,b=\"c\"}"])
    func `Odd client names come back unchanged from the text`(_ name: String) throws {
        let metrics = Metrics(loops: 1, clients: [name])
        metrics.loop(0).exchangeFinished(.chat(client: name), at: .seconds(0))
        #expect(try Exposition(metrics.scrape()).value("relay_requests_total", ["client": name]) == 1)
    }

    @Test func `A model name of absurd length is other`() throws {
        let metrics = Metrics(loops: 1)
        metrics.loop(0).usageSeen(
            endpoint: .completions, model: String(repeating: "m", count: 129), kind: .cached, tokens: 3)
        #expect(
            try Exposition(metrics.scrape()).value("relay_usage_tokens_total", ["model": "other", "kind": "cached"])
                == 3)
    }

    @Test func `A second writing end of a loop goes on with the same series`() throws {
        let metrics = Metrics(loops: 1)
        metrics.loop(0).exchangeFinished(.chat(), at: .seconds(0))
        metrics.loop(0).exchangeFinished(.chat(), at: .seconds(0))
        #expect(try Exposition(metrics.scrape()).total("relay_requests_total") == 2)
    }
}
