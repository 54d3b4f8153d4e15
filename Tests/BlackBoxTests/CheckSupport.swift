// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayTestSupport
import Testing

/// One finished `tokenrelay check --json`.
struct CheckOutcome {
    static let secret = "canary-client-secret-5f1c"
    static let key = "canary-client-key-77aa"

    let exit: TestProcess.Exit?
    let json: JSON
    let printed: String

    /// Runs the check to its end and looks for leaked secrets in all that it printed.
    init(_ environment: [String: String], _ arguments: [String] = [], canaries: [String] = []) throws {
        let process = try Self.start(
            environment, ["--json", "--lang", "en", "--timeout", "60s", "--first-piece-limit", "60s"] + arguments)
        exit = process.waitForExit()
        printed = process.everythingPrinted
        for canary in canaries + [Self.secret, Self.key] { #expect(!printed.contains(canary)) }
        guard let json = JSON(parsing: Array(process.standardOutput.utf8)) else {
            throw SupportError.malformed("no report; exit \(String(describing: exit)), printed: \(printed)")
        }
        self.json = json
    }

    static func start(_ environment: [String: String], _ arguments: [String]) throws -> TestProcess {
        try TestProcess(
            executable: BuiltProduct.path(of: "tokenrelay"), arguments: ["check"] + arguments, environment: environment)
    }

    var steps: [JSON] { json["steps"]?.list ?? [] }

    func step(_ name: String) -> JSON? { steps.first { $0["step"]?.text == name } }
    func outcome(_ name: String) -> String? { step(name)?["outcome"]?.text }
    func code(_ name: String) -> String? { step(name)?["findings"]?.list?.first?["code"]?.text }
    func cause(_ name: String) -> String { step(name)?["findings"]?.list?.first?["cause"]?.text ?? "" }
    func cure(_ name: String) -> String { step(name)?["findings"]?.list?.first?["cure"]?.text ?? "" }
    func detail(_ name: String) -> String { step(name)?["detail"]?.text ?? "" }

    /// The one step that failed; nil if none or several did.
    var failed: String? {
        let names = steps.filter { $0["outcome"]?.text == "failed" }.compactMap { $0["step"]?.text }
        return names.count == 1 ? names[0] : nil
    }

    /// Expects this step alone to fail for this cause, what follows to be skipped, and exit code 1.
    func expectFailure(of name: String, _ code: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(failed == name, "\(printed)", sourceLocation: sourceLocation)
        #expect(self.code(name) == code, "\(printed)", sourceLocation: sourceLocation)
        #expect(exit == .code(1), sourceLocation: sourceLocation)
        #expect(!cause(name).isEmpty && !cure(name).isEmpty, sourceLocation: sourceLocation)
    }
}

/// A gateway that answers like a good one, but for what a test says otherwise.
final class CheckGateway: Sendable {
    typealias Answer = @Sendable (RecordedRequest, ScriptedConnection) throws -> Void

    let upstream: ScriptedUpstream
    let issuer: ScriptedIssuer

    /// - Parameter special: by path below the base `/v1`, like `chat/completions`, or `stream` for a streamed chat.
    init(_ special: [String: Answer] = [:], issuer: ScriptedIssuer? = nil) throws {
        let issuer = try issuer ?? ScriptedIssuer()
        self.issuer = issuer
        upstream = try ScriptedUpstream.perRequest { request, connection in
            if request.method == "HEAD" {
                if let answer = special["HEAD"] { return try answer(request, connection) }
                return try connection.sendHead(204, fields: [WireField("Date", httpDate(time(nil)))])
            }
            guard request.path.hasPrefix("/v1/") else { return try connection.respond(404, json: "{}") }
            guard issuer.accepts(request) else { return try connection.respond(401, json: "{}") }
            var name = String(request.path.dropFirst(4))
            if name == "chat/completions", request.bodyText.contains("\"stream\":true") { name = "stream" }
            if let answer = special[name] { return try answer(request, connection) }
            try Self.answerWell(name, connection)
        }
    }

    private static func answerWell(_ name: String, _ connection: ScriptedConnection) throws {
        switch name {
        case "models":
            try connection.respond(json: #"{"data":[{"id":"good-chat"},{"id":"good-embed"},{"id":"good-rerank"}]}"#)
        case "chat/completions": try connection.respond(json: #"{"choices":[{"message":{"content":"ok"}}]}"#)
        case "embeddings": try connection.respond(json: #"{"data":[{"embedding":[0.5]}]}"#)
        case "rerank": try connection.respond(json: #"{"results":[{"index":0,"relevance_score":0.9}]}"#)
        case "stream": try stream(connection)
        default: try connection.respond(404, json: "{}")
        }
    }

    /// Events one by one, as a model makes them; the next only when the one before has been read, so that on a slow
    /// machine, too, they are read one by one.
    static func stream(_ connection: ScriptedConnection) throws {
        try connection.sendEventStreamHead()
        for index in 0..<10 {
            try connection.sendChunk("data: {\"choices\":[{\"delta\":{\"content\":\"\(index) \"}}]}\n\n")
            _ = connection.socket.waitUntilTaken()
            pause(.milliseconds(100), connection)
        }
        try connection.sendChunk("data: [DONE]\n\n")
        try connection.sendLastChunk()
    }

    /// The time that a model takes; over sooner if the client leaves.
    static func pause(_ time: Duration, _ connection: ScriptedConnection) {
        _ = connection.waitForPeerClose(timeout: time)
    }

    /// The whole stream in one write, after a wait.
    static func lump(_ connection: ScriptedConnection) throws {
        pause(.milliseconds(600), connection)
        let event = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n"
        let body = String(repeating: event, count: 10) + "data: [DONE]\n\n"
        try connection.respond(fields: [WireField("Content-Type", "text/event-stream")], body: Array(body.utf8))
    }

    var environment: [String: String] {
        [
            "RELAY_UPSTREAM_URL": "\(upstream.baseURL)/v1", "RELAY_OAUTH_TOKEN_URL": issuer.url,
            "RELAY_OAUTH_CLIENT_ID": "check-client", "RELAY_OAUTH_CLIENT_SECRET": CheckOutcome.secret,
            "RELAY_CONNECT_TIMEOUT": "60s", "RELAY_TOKEN_TIMEOUT": "60s",
        ]
    }

    /// Runs a check against it; no issued token may be printed.
    func check(_ changes: [String: String] = [:], _ arguments: [String] = []) throws -> CheckOutcome {
        let outcome = try CheckOutcome(environment.merging(changes) { $1 }, arguments)
        for token in issuer.issued { #expect(!outcome.printed.contains(token)) }
        return outcome
    }
}
