// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport

/// `models` and `moderations`.
extension Gateway {
    private static let models = [
        "demo-chat", "demo-vision", "demo-embed", "demo-rerank", "demo-whisper-asr", "demo-tts", "demo-image",
        "demo/ft:chat:2026",
    ]

    func serveModels(_ exchange: Exchange) throws {
        try exchange.respond(["object": "list", "data": .array(Self.models.map(Self.model))])
    }

    func serveModel(_ exchange: Exchange, id: String) throws {
        let decoded = id.removingPercentEncoding ?? id
        guard Self.models.contains(decoded) else {
            return try exchange.fail(
                404, "The model '\(decoded)' does not exist", type: "invalid_request_error", code: "model_not_found")
        }
        try exchange.respond(Self.model(decoded))
    }

    private static func model(_ id: String) -> JSON {
        ["id": .string(id), "object": "model", "created": 1_767_225_600, "owned_by": "demo", "max_model_len": 32_768]
    }

    func serveModerations(_ exchange: Exchange) throws {
        guard let body = try exchange.readJSON() else { return }
        let categories = ["harassment", "hate", "self-harm", "sexual", "violence"]
        let result: JSON = [
            "flagged": false,
            "categories": .object(categories.map { .init(name: $0, value: false) }),
            "category_scores": .object(categories.map { .init(name: $0, value: 0.000_1) }),
        ]
        let count = body["input"]?.list?.count ?? 1
        try exchange.respond([
            "id": .string(shelf.makeID("modr-")), "model": body["model"] ?? "demo-moderation",
            "results": .array(Array(repeating: result, count: count)),
        ])
    }
}
