// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayCore
import RelayLoop
import RelayUpstream

/// What the relay answers itself: health, readiness, metrics, the status page, the list of models.
extension Exchange {
    func answerLocally(_ endpoint: Endpoint) {
        switch endpoint {
        case .health: answer(LocalAnswer(body: Array(#"{"status":"ok"}"#.utf8)))
        case .readiness: server.isDraining ? answer(.notReady("draining")) : ask { await $0.readiness() }
        case .metrics: ask { await $0.metricsText() }
        case .statusPage: answer(StatusPage.answer(to: head?.fields))
        case .statusJSON:
            if server.context.configuration.clients.requiresKey,
                let fields = head?.fields, !server.context.clients.recognises(fields)
            {
                return fail(.clientKeyRejected)
            }
            let (query, isDraining) = (head?.target.query, server.isDraining)
            let servesAPI = !connection.isAdmin
            ask { await $0.statusJSON(query: query, isDraining: isDraining, servesAPI: servesAPI) }
        default: fail(.unknownEndpoint(path: record.path))
        }
    }

    /// Has the answer put together off the loop, since it asks the token cache or the system.
    private func ask(_ question: @escaping @Sendable (RelayContext) async -> LocalAnswer) {
        server.expectMail(self)
        let (mailbox, context, id) = (server.mailbox, server.context, id)
        tokenTask = Task { mailbox.post(.answer(id, await question(context))) }
    }

    func answer(_ answer: LocalAnswer) {
        tokenTask = nil
        server.expectNoMail(id)
        guard !isAnswered else { return }
        var fields: FieldSection = ["Content-Type": answer.contentType, "X-Request-Id": requestID]
        for (name, value) in answer.extra { fields.append(name: name, value: value) }
        for (name, value) in [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        where !answer.extra.contains(where: { $0.name == name }) {
            fields.append(name: name, value: value)
        }
        send(answer.status, fields, answer.body)
    }

    func answerModels(_ id: String?) {
        guard let answer = server.context.models?.answer(id: id) else { return }
        send(answer)
    }

    /// The gateway has no list of models: an empty one lets clients go on.
    func answerNoModels() {
        endCall()
        send(ModelList.empty)
    }

    private func send(_ answer: ModelList.Answer) {
        var fields: FieldSection = ["Content-Type": "application/json", "X-Request-Id": requestID]
        if answer.status == 404 { fields.append(name: "x-should-retry", value: "false") }
        send(answer.status, fields, answer.body)
    }
}

extension LocalAnswer {
    static func notReady(_ reason: String, detail: String? = nil) -> LocalAnswer {
        var json = JSONWriter()
        json.object { json in
            json.member("status", "not ready")
            json.member("reason", reason)
            if let detail { json.member("detail", detail) }
        }
        return LocalAnswer(status: 503, extra: [("Retry-After", "1")], body: json.bytes)
    }
}
