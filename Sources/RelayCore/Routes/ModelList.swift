// SPDX-License-Identifier: Apache-2.0

/// The relay's own answers about models, in OpenAI's shape.
package struct ModelList: Sendable {
    /// What a client gets: a status and a JSON body.
    package struct Answer: Hashable, Sendable {
        package let status: Int
        package let body: [UInt8]
    }

    private let list: Answer
    private let byID: [String: Answer]

    /// Takes `RELAY_MODELS`; of entries with the same id the first counts.
    package init(_ entries: [ModelEntry]) {
        var byID: [String: Answer] = [:]
        var json = JSONWriter()
        Self.writeList(&json) { json in
            for entry in entries where byID[entry.id] == nil {
                let body = Self.body(of: entry)
                byID[entry.id] = Answer(status: 200, body: body)
                json.raw(body)
            }
        }
        list = Answer(status: 200, body: json.bytes)
        self.byID = byID
    }

    /// The answer to `GET models` where upstream has no such path (404 or 405).
    package static let empty = ModelList([]).answer(id: nil)

    /// The answer for `models` (nil) or for one model by its decoded id.
    package func answer(id: String?) -> Answer {
        guard let id else { return list }
        return byID[id] ?? Self.notFound(id)
    }

    private static func writeList(_ json: inout JSONWriter, _ models: (inout JSONWriter) -> Void) {
        json.object { json in
            json.member("object", "list")
            json.name("data")
            json.array(models)
        }
    }

    private static func body(of entry: ModelEntry) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("id", entry.id)
            json.member("object", "model")
            // Required by SDKs that check types; the relay does not know it.
            json.member("created", 0)
            json.member("owned_by", "tokenrelay")
            if let length = entry.maxModelLength { json.member("max_model_len", length) }
        }
        return json.bytes
    }

    private static func notFound(_ id: String) -> Answer {
        var json = JSONWriter()
        json.object { json in
            json.name("error")
            json.object { json in
                json.member("message", "relay: no model \"\(SafeText.printable(id))\" in RELAY_MODELS")
                json.member("type", RelayFailure.type)
                json.member("code", "model_not_found")
                json.member("param", "model")
            }
        }
        return Answer(status: 404, body: json.bytes)
    }
}
