// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport

/// `embeddings`, `rerank`, `score` and `tokenize`.
extension Gateway {
    private static let knownEmbeddingMembers: Set<String> = ["model", "input", "encoding_format", "dimensions", "user"]

    func serveEmbeddings(_ exchange: Exchange) throws {
        guard let body = try exchange.readJSON() else { return }
        guard try accepts(body, knowing: Self.knownEmbeddingMembers, exchange) else { return }
        guard let inputs = Self.inputs(body["input"]), !inputs.isEmpty else {
            return try exchange.fail(400, "'$.input' is invalid.", type: "invalid_request_error")
        }
        let dimensions = body["dimensions"]?.integer ?? 256
        guard (1...8192).contains(dimensions) else {
            return try exchange.fail(400, "'$.dimensions' must be 1 to 8192.", type: "invalid_request_error")
        }
        let asBase64 = body["encoding_format"]?.text == "base64"
        let data = inputs.enumerated().map { index, input -> JSON in
            let vector = Self.vector(for: input, dimensions: dimensions)
            let embedding: JSON = asBase64 ? .string(Self.base64(vector)) : .array(vector.map { .double(Double($0)) })
            return ["object": "embedding", "index": .int(index), "embedding": embedding]
        }
        let count = inputs.reduce(0) { $0 + Text.tokens(in: $1) }
        try exchange.respond([
            "object": "list", "data": .array(data), "model": body["model"] ?? "demo-embed",
            "usage": ["prompt_tokens": .int(count), "total_tokens": .int(count)],
        ])
    }

    func serveRerank(_ exchange: Exchange) throws {
        guard let body = try exchange.readJSON() else { return }
        guard let query = body["query"]?.text, let given = body["documents"]?.list else {
            return try exchange.fail(400, "query and documents are needed.", type: "invalid_request_error")
        }
        let documents = given.map { $0.text ?? $0["text"]?.text ?? "" }
        let scored = documents.enumerated().map { ($0.offset, Self.relevance(of: $0.element, to: query)) }
        let best = scored.sorted { ($0.1, $1.0) > ($1.1, $0.0) }.prefix(body["top_n"]?.integer ?? .max)
        let wantsText = body["return_documents"]?.isTrue == true || body["return_documents"]?.text == "true"
        let results = best.map { index, score -> JSON in
            var result: [JSON.Member] = [
                .init(name: "index", value: .int(index)), .init(name: "relevance_score", value: .double(score)),
            ]
            if wantsText { result.append(.init(name: "document", value: ["text": .string(documents[index])])) }
            return .object(result)
        }
        let count = documents.reduce(Text.tokens(in: query)) { $0 + Text.tokens(in: $1) }
        try exchange.respond([
            "id": .string(shelf.makeID("rerank-")), "model": body["model"] ?? "demo-rerank",
            "results": .array(results), "usage": ["total_tokens": .int(count)],
        ])
    }

    func serveScore(_ exchange: Exchange) throws {
        guard let body = try exchange.readJSON() else { return }
        let first = body["text_1"]?.text ?? body["text_1"]?.list?.first?.text ?? ""
        let others = Self.inputs(body["text_2"]) ?? []
        let data = others.enumerated().map { index, text -> JSON in
            ["index": .int(index), "object": "score", "score": .double(Self.relevance(of: text, to: first))]
        }
        try exchange.respond([
            "id": .string(shelf.makeID("score-")), "object": "list", "created": Text.now,
            "model": body["model"] ?? "demo-rerank", "data": .array(data),
        ])
    }

    func serveTokenize(_ exchange: Exchange) throws {
        guard let body = try exchange.readJSON() else { return }
        let messages = (body["messages"]?.list ?? []).map { Text.content($0["content"]) }.joined(separator: "\n")
        let tokens = Array((body["prompt"]?.text ?? messages).utf8).map { JSON.int(Int($0)) }
        try exchange.respond(["count": .int(tokens.count), "max_model_len": 32_768, "tokens": .array(tokens)])
    }

    /// A text, texts, token numbers or lists of them; nil for anything else.
    private static func inputs(_ input: JSON?) -> [String]? {
        if let text = input?.text { return [text] }
        guard let list = input?.list else { return nil }
        if list.first?.integer != nil { return [JSON.array(list).rendered] }
        return list.map { $0.text ?? $0.rendered }
    }

    /// The same text has the same vector, of length one.
    private static func vector(for text: String, dimensions: Int) -> [Float] {
        var seed: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var generator = SplitMix64(seed: seed)
        let raw = (0..<dimensions).map { _ in Float.random(in: -1...1, using: &generator) }
        let length = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return raw.map { $0 / max(length, .leastNormalMagnitude) }
    }

    private static func base64(_ vector: [Float]) -> String {
        var bytes: [UInt8] = []
        for value in vector {
            let bits = value.bitPattern
            for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        }
        return Data(bytes).base64EncodedString()
    }

    /// Share of the query's characters that the document has, from 0 to 1.
    private static func relevance(of document: String, to query: String) -> Double {
        let wanted = Set(query.lowercased().filter { !$0.isWhitespace })
        let there = Set(document.lowercased())
        return wanted.isEmpty ? 0 : Double(wanted.intersection(there).count) / Double(wanted.count)
    }
}
