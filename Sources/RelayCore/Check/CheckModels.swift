// SPDX-License-Identifier: Apache-2.0

/// Which model each kind of call is made with.
package struct CheckModels: Sendable {
    package var chat: String?
    package var embeddings: String?
    package var rerank: String?

    package init() {}

    /// Reads `--model` values: `chat=NAME`, `embeddings=NAME`, `rerank=NAME`, or a bare name for chat.
    package init(options: [String]) {
        for option in options {
            if let name = Self.tail(option, "chat=") {
                chat = name
            } else if let name = Self.tail(option, "embeddings=") {
                embeddings = name
            } else if let name = Self.tail(option, "rerank=") {
                rerank = name
            } else {
                chat = option
            }
        }
    }

    private static func tail(_ text: String, _ head: String) -> String? {
        text.hasPrefix(head) ? String(text.dropFirst(head.count)) : nil
    }

    package subscript(kind: CheckStep.Kind) -> String? {
        switch kind {
        case .embeddings: embeddings
        case .rerank: rerank
        default: chat
        }
    }

    /// The same with gaps filled from a list of models, by what ids usually give away.
    package func completed(from ids: [String]) -> CheckModels {
        var models = self
        models.chat = chat ?? ids.first { Self.kind(of: $0) == .chat }
        models.embeddings = embeddings ?? ids.first { Self.kind(of: $0) == .embeddings }
        models.rerank = rerank ?? ids.first { Self.kind(of: $0) == .rerank }
        return models
    }

    /// Nil for speech and pictures; the rules are RAGFlow's.
    private static func kind(of id: String) -> CheckStep.Kind? {
        let id = id.lowercased()
        if id.contains("rerank") { return .rerank }
        if ["embed", "bge", "gte-", "e5-", "m3e"].contains(where: id.contains) { return .embeddings }
        let others = [
            "asr", "stt", "whisper", "tts", "speech", "audio", "image", "dall-e", "moderation", "realtime", "vision",
            "-vl",
        ]
        return others.contains(where: id.contains) ? nil : .chat
    }
}

/// The bodies the check sends: small, plain, and without a member that strict gateways refuse.
package enum CheckBody {
    package static func chat(model: String, isStreamed: Bool) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("model", model)
            json.name("messages")
            json.array { json in
                json.object { json in
                    json.member("role", "user")
                    // Long enough to come in pieces, short enough to cost nothing.
                    json.member("content", isStreamed ? "Count from 1 to 20 in words." : "Say ok.")
                }
            }
            if isStreamed { json.member("stream", true) }
        }
        return json.bytes
    }

    package static func embeddings(model: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("model", model)
            json.name("input")
            json.array { $0.string("ok") }
        }
        return json.bytes
    }

    package static func rerank(model: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("model", model)
            json.member("query", "apple")
            json.name("documents")
            json.array { json in
                json.string("apples are fruit")
                json.string("a car has wheels")
            }
            json.member("top_n", 2)
        }
        return json.bytes
    }
}
