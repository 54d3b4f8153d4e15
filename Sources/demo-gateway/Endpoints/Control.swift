// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// `/control/…`: no token needed, for tests and demonstrations.
extension Gateway {
    func serveControl(_ exchange: Exchange) throws {
        let path = exchange.request.path.dropFirst("/control/".count)
        switch (exchange.request.method, String(path)) {
        case ("GET", "stats"): try exchange.respond(stats)
        case ("POST", "revoke"):
            tokens.revokeAll()
            try exchange.respond(["revoked": true])
        case ("POST", "reset"):
            ledger.reset()
            tokens.setLifetime(options.tokenLifetime)
            try exchange.respond(["reset": true])
        case ("POST", "token-lifetime"): try setLifetime(exchange)
        case ("POST", "failures"): try setFailures(exchange)
        case ("GET", _) where path.hasPrefix("streams/"):
            try serveStreamRecord(exchange, id: String(path.dropFirst("streams/".count)))
        default: try exchange.fail(404, "Unknown control; demo-gateway --help lists all.", type: "demo_error")
        }
    }

    private var stats: JSON {
        let counters = ledger.counters
        let endpoints = counters.byEndpoint.sorted { $0.key < $1.key }
        return [
            "connections": .int(counters.connections), "requests": .int(counters.requests),
            "unauthorized": .int(counters.unauthorized), "token_calls": .int(counters.tokenCalls),
            "tokens_issued": .int(counters.tokensIssued), "cancelled": .int(counters.cancelled),
            // This request is one of them.
            "active_requests": .int(counters.activeRequests - 1),
            "by_endpoint": .object(endpoints.map { JSON.Member(name: $0.key, value: .int($0.value)) }),
        ]
    }

    private func setLifetime(_ exchange: Exchange) throws {
        guard let body = try exchange.readJSON() else { return }
        guard let seconds = body["seconds"]?.number, seconds >= 0, seconds < 1e9 else {
            return try exchange.fail(400, "seconds must be a number.", type: "demo_error")
        }
        tokens.setLifetime(.milliseconds(Int64(seconds * 1000)))
        try exchange.respond(["seconds": .double(seconds)])
    }

    /// Sets or, by an empty object, ends failures.
    ///
    /// Members: `requests` (how many to spoil), `token_status`, `token_delay`, and any `x-demo-…` wish by its name
    /// without the prefix.
    private func setFailures(_ exchange: Exchange) throws {
        guard let body = try exchange.readJSON() else { return }
        guard case .object(let members) = body else {
            return try exchange.fail(400, "The body must be an object.", type: "demo_error")
        }
        var failures = Ledger.Failures()
        do {
            for member in members {
                let value = member.value.text ?? member.value.rendered
                switch member.name {
                case "requests": failures.requests = member.value.integer ?? 0
                case "token_status": failures.tokenStatus = member.value.integer
                case "token_delay": failures.tokenDelay = try Options.duration(value, called: member.name)
                default: try failures.misbehaviour.set(member.name, to: value)
                }
            }
        } catch {
            return try exchange.fail(400, "\(error)", type: "demo_error")
        }
        ledger.setFailures(failures)
        try exchange.respond(["set": true])
    }

    private func serveStreamRecord(_ exchange: Exchange, id: String) throws {
        guard let stream = ledger.stream(id) else {
            return try exchange.fail(404, "No streamed answer of that request.", type: "demo_error")
        }
        try exchange.respond([
            "sha256": .string(stream.sha256), "length": .int(stream.length), "pieces": .int(stream.pieces),
            "complete": .bool(stream.isComplete),
        ])
    }
}
