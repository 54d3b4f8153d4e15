// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// The whole stand-in: connections in, answers out.
final class Gateway: Sendable {
    let options: Options
    let tokens: TokenDesk
    let ledger = Ledger()
    let shelf = Shelf()

    init(options: Options) {
        self.options = options
        tokens = TokenDesk(lifetime: options.tokenLifetime)
    }

    /// Serves one connection to its end.
    func serve(_ socket: StreamSocket) {
        defer { socket.close() }
        ledger.count { $0.connections += 1 }
        let connection = BufferedSocket(socket)
        var number = 0
        do {
            while let bytes = try connection.take(through: Array("\r\n\r\n".utf8), by: Deadline(.seconds(600))) {
                let request = try RecordedRequest(
                    head: WireHead(parsing: bytes), connection: 0, indexOnConnection: number)
                number += 1
                guard try answer(request, on: connection) else { return }
            }
        } catch {
            // A connection that broke concerns nobody but its client.
        }
    }

    func log(_ text: String) {
        if options.isVerbose { say("demo-gateway: \(text)") }
    }

    /// False when the connection is to be closed.
    private func answer(_ request: RecordedRequest, on connection: BufferedSocket) throws -> Bool {
        let exchange = try Exchange(request, on: connection, gateway: self)
        ledger.count { $0.activeRequests += 1 }
        defer { ledger.count { $0.activeRequests -= 1 } }
        do {
            try route(exchange)
            try exchange.finish()
        } catch {
            ledger.count { $0.cancelled += 1 }
            log("\(request.method) \(request.path): the client left (\(error))")
            throw error
        }
        return exchange.keepsAlive
    }

    private func route(_ exchange: Exchange) throws {
        let path = exchange.request.path
        if path.hasPrefix("/control/") { return try serveControl(exchange) }
        switch path {
        case "/oauth/token": try serveTokenRequest(exchange)
        case "/login": try serveLogin(exchange)
        case "/healthz": try exchange.respond(["status": "ok"])
        default: try serveAPI(exchange)
        }
    }

    private func serveAPI(_ exchange: Exchange) throws {
        let request = exchange.request
        ledger.count { $0.requests += 1 }
        guard let token = request.bearerToken, tokens.accepts(token) else {
            ledger.count { $0.unauthorized += 1 }
            log("\(request.method) \(request.path): 401")
            return try exchange.fail(
                401, "The access token is expired, revoked or unknown.", type: "invalid_request_error",
                code: "invalid_token",
                fields: [WireField("WWW-Authenticate", "Bearer realm=\"demo\", error=\"invalid_token\"")])
        }
        exchange.wish = ledger.takeMisbehaviour()
        do {
            try exchange.wish.merge(fieldsOf: request)
        } catch {
            return try exchange.fail(400, "\(error)", type: "invalid_request_error")
        }
        log("\(request.method) \(request.path)")
        if let status = exchange.wish.status {
            let retry = exchange.wish.retryAfter.map { [WireField("Retry-After", "\($0)")] } ?? []
            return try exchange.fail(status, "The demo gateway was told to fail.", type: "demo_error", fields: retry)
        }
        if let count = exchange.wish.bytes {
            try exchange.forEachBodyPiece { _ in }
            return try exchange.respondFiller(count)
        }
        let segments = Self.segments(of: request.path)
        ledger.count { $0.byEndpoint[segments.prefix(2).joined(separator: "/"), default: 0] += 1 }
        try dispatch(segments, exchange)
    }

    private static func segments(of path: String) -> [String] {
        let all = path.split(separator: "/").map(String.init)
        return all.first == "v1" ? Array(all.dropFirst()) : all
    }

    private func dispatch(_ segments: [String], _ exchange: Exchange) throws {
        switch (exchange.request.method, segments.first ?? "", segments.dropFirst().first ?? "") {
        case ("POST", "chat", "completions"): try serveChat(exchange)
        case ("POST", "completions", ""): try serveCompletions(exchange)
        case ("POST", "embeddings", ""): try serveEmbeddings(exchange)
        case ("POST", "rerank", ""): try serveRerank(exchange)
        case ("POST", "score", ""): try serveScore(exchange)
        case ("POST", "tokenize", ""): try serveTokenize(exchange)
        case ("POST", "moderations", ""): try serveModerations(exchange)
        case ("GET", "models", ""), ("HEAD", "models", ""): try serveModels(exchange)
        case ("GET", "models", _): try serveModel(exchange, id: segments.dropFirst().joined(separator: "/"))
        case (_, "responses", _): try serveResponses(exchange, below: Array(segments.dropFirst()))
        case ("POST", "audio", "transcriptions"), ("POST", "audio", "translations"): try serveTranscription(exchange)
        case ("POST", "audio", "speech"): try serveSpeech(exchange)
        case ("POST", "images", "generations"): try serveImages(exchange)
        case ("POST", "images", "edits"), ("POST", "images", "variations"): try serveImages(exchange)
        case (_, "files", _): try serveFiles(exchange, below: Array(segments.dropFirst()))
        case (_, "batches", _): try serveBatches(exchange, below: Array(segments.dropFirst()))
        default:
            try exchange.fail(
                404, "Unknown request URL: \(exchange.request.method) \(exchange.request.path).",
                type: "invalid_request_error", code: "unknown_url")
        }
    }
}
