// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// `chat/completions` and the older `completions`.
extension Gateway {
    private static let knownChatMembers: Set<String> = [
        "model", "messages", "stream", "stream_options", "temperature", "top_p", "n", "stop", "max_tokens",
        "max_completion_tokens", "presence_penalty", "frequency_penalty", "logit_bias", "user", "seed", "tools",
        "tool_choice", "parallel_tool_calls", "response_format", "logprobs", "top_logprobs", "store", "metadata",
        "reasoning_effort", "modalities", "audio", "prediction", "service_tier",
    ]

    func serveChat(_ exchange: Exchange) throws {
        guard let body = try exchange.readJSON() else { return }
        guard let model = body["model"]?.text, let messages = body["messages"]?.list, !messages.isEmpty else {
            return try exchange.fail(
                400, "you must provide a model parameter and messages", type: "invalid_request_error")
        }
        guard try accepts(body, knowing: Self.knownChatMembers, exchange) else { return }
        let chat = ChatAnswer(
            id: shelf.makeID("chatcmpl-"), model: model, messages: messages, body: body, wish: exchange.wish)
        if body["stream"]?.isTrue == true {
            try exchange.stream(type: "text/event-stream", chat.events(exchange.wish))
        } else {
            try exchange.respond(chat.whole)
        }
    }

    func serveCompletions(_ exchange: Exchange) throws {
        guard let body = try exchange.readJSON() else { return }
        let prompt = body["prompt"]?.text ?? body["prompt"]?.list?.first?.text ?? ""
        let pieces = Text.answer(to: prompt, pieces: exchange.wish.pieces)
        let usage = Text.usage(prompt: Text.tokens(in: prompt), completion: pieces.count)
        let id = shelf.makeID("cmpl-")
        func object(_ text: String, finish: JSON, usage: JSON?) -> JSON {
            let choice: JSON = ["text": .string(text), "index": 0, "logprobs": nil, "finish_reason": finish]
            var members: [JSON.Member] = [
                .init(name: "id", value: .string(id)), .init(name: "object", value: "text_completion"),
                .init(name: "created", value: Text.now), .init(name: "model", value: body["model"] ?? "demo-chat"),
                .init(name: "choices", value: [choice]),
            ]
            if let usage { members.append(.init(name: "usage", value: usage)) }
            return .object(members)
        }
        guard body["stream"]?.isTrue == true else {
            return try exchange.respond(object(pieces.joined(), finish: "stop", usage: usage))
        }
        var events = EventWriter(exchange.wish)
        for piece in pieces { events.add(object(piece, finish: nil, usage: nil)) }
        events.add(object("", finish: "stop", usage: nil))
        events.add(text: "[DONE]")
        try exchange.stream(type: "text/event-stream", events.pieces)
    }

    /// False after a 400 for a member that a strict gateway does not know.
    func accepts(_ body: JSON, knowing known: Set<String>, _ exchange: Exchange) throws -> Bool {
        guard exchange.wish.isStrict, case .object(let members) = body,
            let odd = members.first(where: { !known.contains($0.name) })
        else { return true }
        try exchange.fail(
            400, "Unrecognized request argument supplied: \(odd.name)", type: "invalid_request_error")
        return false
    }
}

/// One chat answer, whole or as events.
private struct ChatAnswer {
    let id: String
    let model: String
    private let pieces: [String]
    private let reasoning: [String]
    private let toolCall: (name: String, arguments: [String])?
    private let usage: JSON
    private let wantsUsageChunk: Bool

    init(id: String, model: String, messages: [JSON], body: JSON, wish: Misbehaviour) {
        self.id = id
        self.model = model
        let prompt = Text.content(messages.last { $0["role"]?.text == "user" }?["content"])
        let tool = body["tools"]?.list?.first?["function"]?["name"]?.text
        let isFollowUp = messages.last?["role"]?.text == "tool"
        if let tool, body["tool_choice"]?.text != "none", !isFollowUp {
            toolCall = (tool, ["{\"query\"", ":\"", "示例 demo", "\"}"])
            pieces = []
        } else {
            toolCall = nil
            pieces = Text.answer(to: prompt, pieces: wish.pieces)
        }
        reasoning = wish.wantsReasoning ? ["The user ", "wants an ", "echo. 想一想…"] : []
        let said = messages.reduce(0) { $0 + Text.tokens(in: Text.content($1["content"])) }
        usage = Text.usage(prompt: said, completion: max(1, pieces.count + reasoning.count))
        wantsUsageChunk = body["stream_options"]?["include_usage"]?.isTrue == true
    }

    var whole: JSON {
        var message: [JSON.Member] = [.init(name: "role", value: "assistant")]
        message.append(.init(name: "content", value: toolCall == nil ? .string(pieces.joined()) : nil))
        if !reasoning.isEmpty { message.append(.init(name: "reasoning_content", value: .string(reasoning.joined()))) }
        if let toolCall {
            let function: JSON = ["name": .string(toolCall.name), "arguments": .string(toolCall.arguments.joined())]
            message.append(
                .init(name: "tool_calls", value: [["id": "call_demo", "type": "function", "function": function]]))
        }
        let choice: JSON = ["index": 0, "message": .object(message), "logprobs": nil, "finish_reason": finishReason]
        return [
            "id": .string(id), "object": "chat.completion", "created": Text.now, "model": .string(model),
            "choices": [choice], "usage": usage, "system_fingerprint": "fp_demo",
        ]
    }

    func events(_ wish: Misbehaviour) -> [[UInt8]] {
        var events = EventWriter(wish)
        events.add(chunk(["role": "assistant", "content": ""]))
        for piece in reasoning { events.add(chunk(["reasoning_content": .string(piece)])) }
        if let toolCall {
            let function: JSON = ["name": .string(toolCall.name), "arguments": ""]
            events.add(
                chunk([
                    "tool_calls": [["index": 0, "id": "call_demo", "type": "function", "function": function]]
                ]))
            for part in toolCall.arguments {
                events.add(chunk(["tool_calls": [["index": 0, "function": ["arguments": .string(part)]]]]))
            }
        }
        for piece in pieces { events.add(chunk(["content": .string(piece)])) }
        events.add(chunk([:], finish: finishReason))
        if wantsUsageChunk { events.add(object(choices: [], usage: usage)) }
        events.add(text: "[DONE]")
        return events.pieces
    }

    private var finishReason: JSON { toolCall == nil ? "stop" : "tool_calls" }

    private func chunk(_ delta: JSON, finish: JSON = nil) -> JSON {
        object(choices: [["index": 0, "delta": delta, "logprobs": nil, "finish_reason": finish]], usage: nil)
    }

    private func object(choices: JSON, usage: JSON?) -> JSON {
        var members: [JSON.Member] = [
            .init(name: "id", value: .string(id)), .init(name: "object", value: "chat.completion.chunk"),
            .init(name: "created", value: Text.now), .init(name: "model", value: .string(model)),
            .init(name: "system_fingerprint", value: "fp_demo"), .init(name: "choices", value: choices),
        ]
        if let usage {
            members.append(.init(name: "usage", value: usage))
        } else if wantsUsageChunk {
            members.append(.init(name: "usage", value: nil))
        }
        return .object(members)
    }
}
