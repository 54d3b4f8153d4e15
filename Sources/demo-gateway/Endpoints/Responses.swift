// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// `responses` and what lies below it.
extension Gateway {
    func serveResponses(_ exchange: Exchange, below: [String]) throws {
        switch (exchange.request.method, below.count) {
        case ("POST", 0): try createResponse(exchange)
        case ("GET", 1...), ("DELETE", 1...), ("POST", 1...):
            let id = below[0]
            guard let stored = shelf.get(id) else {
                return try exchange.fail(
                    404, "Response with id '\(id)' not found.", type: "invalid_request_error")
            }
            if exchange.request.method == "DELETE" {
                _ = shelf.remove(id)
                return try exchange.respond(["id": .string(id), "object": "response", "deleted": true])
            }
            if below.count > 1, below[1] == "input_items" {
                return try exchange.respond(["object": "list", "data": [], "has_more": false])
            }
            try exchange.respond(stored)
        default: try exchange.fail(405, "Not allowed here.", type: "invalid_request_error")
        }
    }

    private func createResponse(_ exchange: Exchange) throws {
        guard let body = try exchange.readJSON() else { return }
        let prompt = body["input"]?.text ?? Text.content(body["input"]?.list?.last?["content"])
        let pieces = Text.answer(to: prompt, pieces: exchange.wish.pieces)
        let answer = ResponseAnswer(
            id: shelf.makeID("resp_"), itemID: shelf.makeID("msg_"), model: body["model"] ?? "demo-chat",
            pieces: pieces, promptTokens: Text.tokens(in: prompt))
        let whole = answer.object(status: "completed", isWhole: true)
        shelf.put(whole, id: answer.id)
        if body["stream"]?.isTrue == true {
            try exchange.stream(type: "text/event-stream", answer.events(exchange.wish))
        } else {
            try exchange.respond(whole)
        }
    }
}

/// One answer of the Responses API, whole or as events.
private struct ResponseAnswer {
    let id: String
    let itemID: String
    let model: JSON
    let pieces: [String]
    let promptTokens: Int

    func object(status: JSON, isWhole: Bool) -> JSON {
        let usage: JSON = [
            "input_tokens": .int(promptTokens), "input_tokens_details": ["cached_tokens": 0],
            "output_tokens": .int(pieces.count), "output_tokens_details": ["reasoning_tokens": 0],
            "total_tokens": .int(promptTokens + pieces.count),
        ]
        return [
            "id": .string(id), "object": "response", "created_at": Text.now, "status": status, "error": nil,
            "incomplete_details": nil, "instructions": nil, "model": model,
            "output": isWhole ? [item(status: "completed", content: [part(pieces.joined())])] : [],
            "parallel_tool_calls": true, "tool_choice": "auto", "tools": [], "temperature": 1.0, "top_p": 1.0,
            "metadata": [:], "usage": isWhole ? usage : nil,
        ]
    }

    func events(_ wish: Misbehaviour) -> [[UInt8]] {
        var events = EventWriter(wish)
        var number = 0
        func add(_ type: String, _ members: [(String, JSON)]) {
            let fixed = [("type", JSON.string(type)), ("sequence_number", .int(number))]
            events.add(.object((fixed + members).map { JSON.Member(name: $0.0, value: $0.1) }), event: type)
            number += 1
        }
        let place: [(String, JSON)] = [("item_id", .string(itemID)), ("output_index", 0), ("content_index", 0)]
        let text = pieces.joined()
        add("response.created", [("response", object(status: "in_progress", isWhole: false))])
        add("response.in_progress", [("response", object(status: "in_progress", isWhole: false))])
        add("response.output_item.added", [("output_index", 0), ("item", item(status: "in_progress", content: []))])
        add("response.content_part.added", place + [("part", part(""))])
        for piece in pieces {
            add("response.output_text.delta", place + [("delta", .string(piece)), ("logprobs", [])])
        }
        add("response.output_text.done", place + [("text", .string(text)), ("logprobs", [])])
        add("response.content_part.done", place + [("part", part(text))])
        add(
            "response.output_item.done",
            [("output_index", 0), ("item", item(status: "completed", content: [part(text)]))])
        add("response.completed", [("response", object(status: "completed", isWhole: true))])
        return events.pieces
    }

    private func part(_ text: String) -> JSON {
        ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]
    }

    private func item(status: JSON, content: [JSON]) -> JSON {
        [
            "id": .string(itemID), "type": "message", "status": status, "role": "assistant",
            "content": .array(content),
        ]
    }
}
