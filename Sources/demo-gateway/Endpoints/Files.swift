// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// `files` and `batches`, as much of them as a client needs to go round once.
extension Gateway {
    func serveFiles(_ exchange: Exchange, below: [String]) throws {
        switch (exchange.request.method, below.count) {
        case ("POST", 0):
            guard let form = try exchange.readForm() else { return }
            guard let file = form.files.first else {
                return try exchange.fail(400, "file is needed.", type: "invalid_request_error")
            }
            let id = shelf.makeID("file-")
            let object: JSON = [
                "id": .string(id), "object": "file", "bytes": .int(file.hash.count), "created_at": Text.now,
                "filename": .string(file.name), "purpose": .string(form.values["purpose"] ?? "batch"),
                "status": "processed", "sha256": .string(file.hash.hexDigest()),
            ]
            shelf.put(object, id: id)
            try exchange.respond(object)
        case ("GET", 0): try list("file-", exchange)
        case ("GET", 2) where below[1] == "content":
            try withObject(below[0], exchange) { _ in
                try exchange.respond(type: "application/octet-stream", Array("{\"demo\":\"内容\"}\n".utf8))
            }
        case ("GET", 1): try withObject(below[0], exchange) { try exchange.respond($0) }
        case ("DELETE", 1):
            try withObject(below[0], exchange) { _ in
                _ = shelf.remove(below[0])
                try exchange.respond(["id": .string(below[0]), "object": "file", "deleted": true])
            }
        default: try exchange.fail(405, "Not allowed here.", type: "invalid_request_error")
        }
    }

    func serveBatches(_ exchange: Exchange, below: [String]) throws {
        switch (exchange.request.method, below.count) {
        case ("POST", 0):
            guard let body = try exchange.readJSON() else { return }
            let id = shelf.makeID("batch_")
            let object = Self.batch(id, body, status: "validating")
            shelf.put(object, id: id)
            try exchange.respond(object)
        case ("GET", 0): try list("batch_", exchange)
        case ("GET", 1): try withObject(below[0], exchange) { try exchange.respond($0) }
        case ("POST", 2) where below[1] == "cancel":
            try withObject(below[0], exchange) { stored in
                let object = Self.batch(below[0], stored, status: "cancelling")
                shelf.put(object, id: below[0])
                try exchange.respond(object)
            }
        default: try exchange.fail(405, "Not allowed here.", type: "invalid_request_error")
        }
    }

    private static func batch(_ id: String, _ from: JSON, status: JSON) -> JSON {
        [
            "id": .string(id), "object": "batch", "endpoint": from["endpoint"] ?? "/v1/chat/completions",
            "input_file_id": from["input_file_id"] ?? "", "completion_window": from["completion_window"] ?? "24h",
            "status": status, "created_at": Text.now, "request_counts": ["total": 0, "completed": 0, "failed": 0],
        ]
    }

    private func list(_ prefix: String, _ exchange: Exchange) throws {
        try exchange.respond(["object": "list", "data": .array(shelf.all(prefix)), "has_more": false])
    }

    private func withObject(_ id: String, _ exchange: Exchange, _ body: (JSON) throws -> Void) throws {
        guard let object = shelf.get(id) else {
            return try exchange.fail(404, "No such object: \(id)", type: "invalid_request_error")
        }
        try body(object)
    }
}
