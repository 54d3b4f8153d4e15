// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import RelayTestSupport
import Testing

/// A scripted issuer, an upstream that judges every token by the issuer's clock, and the relay between them.
///
/// Unless the test serves by itself, the upstream answers a good token with the digest of the body it got, and 401 else.
struct TokenUnderTest: Sendable {
    static let secret = "client-secret-canary-5b1e"

    /// A request as the upstream judged it.
    struct Judgement: Sendable {
        var verdict: ScriptedIssuer.Verdict
        var requestID: String?
    }

    let issuer: ScriptedIssuer
    let test: RelayUnderTest
    private let judgements: Monitor<[Judgement]>
    private let canaries: [String]

    var relay: RelayProcess { test.relay }
    var upstream: ScriptedUpstream { test.upstream }

    /// - Parameters:
    ///   - settings: beside the client credentials of the issuer; an empty value removes one.
    ///   - canaries: further secrets that must never show.
    ///   - serve: answers a request instead of the upstream described above; false leaves it to that.
    init(
        lifetime: Int? = 300, _ settings: [String: String] = [:], issuer given: ScriptedIssuer? = nil,
        canaries: [String] = [],
        serve: @escaping @Sendable (RecordedRequest, ScriptedConnection) throws -> Bool = { _, _ in false }
    ) throws {
        let issuer = try given ?? ScriptedIssuer(lifetime: lifetime)
        let judgements = Monitor([Judgement]())
        var environment = [
            "RELAY_OAUTH_TOKEN_URL": issuer.url, "RELAY_OAUTH_CLIENT_ID": "relay",
            "RELAY_OAUTH_CLIENT_SECRET": Self.secret, "RELAY_TOKEN_BACKOFF": "100ms..200ms",
            // Whoever waits does so until what is waited for has come, however slow the machine is.
            "RELAY_TOKEN_WAIT": "600s", "RELAY_TOKEN_TIMEOUT": "120s",
            "RELAY_TOKEN_REFRESH_IN_FROM": "json:/refresh_in",
        ]
        environment.merge(settings) { $1 }
        environment = environment.filter { !$0.value.isEmpty || $0.key == "RELAY_UPSTREAM_AUTH_SCHEME" }
        test = try RelayUnderTest(environment) { connection in
            while let request = try connection.readRequest(timeout: .seconds(3_600)) {
                let verdict = issuer.verdict(on: request)
                judgements.withLock { $0.append(Judgement(verdict: verdict, requestID: request["X-Request-Id"])) }
                if try serve(request, connection) { continue }
                if verdict == .valid {
                    try connection.respond(json: "{\"sha256\":\"\(SHA256.hex(of: request.body))\"}")
                } else {
                    try connection.respond(401, json: "{\"error\":{\"message\":\"token refused\"}}")
                }
            }
        }
        (self.issuer, self.judgements) = (issuer, judgements)
        self.canaries = canaries
    }

    // MARK: Asking

    func chat(_ fields: [WireField] = [], body: String = "{\"model\":\"m\"}") throws -> ReceivedResponse {
        try relay.connect().exchange(
            "POST", "/v1/chat/completions", fields: fields + [ScriptedIssuer.stamp], body: Array(body.utf8))
    }

    func post(_ path: String, body: String = "{}") throws -> ReceivedResponse {
        try relay.connect().exchange("POST", path, fields: [ScriptedIssuer.stamp], body: Array(body.utf8))
    }

    func get(_ path: String) throws -> ReceivedResponse { try relay.connect().exchange("GET", path) }

    /// As many requests at once, each on its own connection and with a body of its own.
    func volley(_ count: Int, path: String = "/v1/embeddings") throws -> [ReceivedResponse] {
        let clients = try (0..<count).map { _ in try relay.connect() }
        for (index, client) in clients.enumerated() {
            try client.sendRequest(
                "POST", path, fields: [WireField("Content-Type", "application/json"), ScriptedIssuer.stamp],
                body: Array(Self.body(index).utf8))
        }
        return try clients.map { try $0.readResponse(to: "POST") }
    }

    static func body(_ index: Int) -> String { "{\"input\":\"\(index)\"}" }

    /// Asks until the answer has this status; the answers that came before it.
    func chatUntil(_ status: Int) throws -> [ReceivedResponse] {
        var others: [ReceivedResponse] = []
        let hasCome = try eventually {
            let answer = try chat()
            if answer.status != status { others.append(answer) }
            return answer.status == status
        }
        #expect(hasCome, "no \(status) came in time; last: \(others.last?.bodyText ?? "nothing")")
        return others
    }

    // MARK: Seeing

    var verdicts: [ScriptedIssuer.Verdict] { judgements.value.map(\.verdict) }
    func verdicts(of requestID: String) -> [ScriptedIssuer.Verdict] {
        judgements.value.filter { $0.requestID == requestID }.map(\.verdict)
    }

    /// Lines about renewals so far.
    var renewals: [LogLine] { relay.process.lines.filter { $0.string("msg") == "token renewed" } }
    var failedRenewals: [LogLine] { relay.process.lines.filter { $0.string("msg") == "token renewal failed" } }

    /// The newest line about the generation, waiting for it if need be.
    func renewal(_ generation: Int, timeout: Duration = hangLimit) -> LogLine? {
        relay.waitForLog(timeout: timeout) {
            $0.string("msg") == "token renewed" && $0.int("generation") == generation
        }
    }

    /// The value of one sample of `/metrics`, its labels included in the name.
    func metric(_ sample: String) throws -> Double? {
        let line = try get("/metrics").bodyText.split(separator: "\n").first { $0.hasPrefix(sample + " ") }
        return line.flatMap { Double($0.dropFirst(sample.count + 1)) }
    }

    func renewalCount(_ trigger: String, _ result: String) throws -> Double? {
        try metric("relay_token_renewals_total{trigger=\"\(trigger)\",result=\"\(result)\"}")
    }

    var readiness: (status: Int, reason: String?, detail: String?) {
        get throws {
            let answer = try get("/readyz")
            let json = JSON(parsing: answer.body)
            return (answer.status, json?["reason"]?.text, json?["detail"]?.text)
        }
    }

    /// Nothing printed and no page shows a token or a secret.
    func expectNoSecrets(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let basic = Data("relay:\(Self.secret)".utf8).base64EncodedString()
        var shown = relay.everythingPrinted
        #expect(!shown.isEmpty, sourceLocation: sourceLocation)
        for path in ["/metrics", "/status.json", "/readyz", "/"] { shown += try get(path).bodyText }
        for secret in issuer.issued + [Self.secret, basic] + canaries {
            #expect(!shown.contains(secret), "a secret shows", sourceLocation: sourceLocation)
        }
    }
}

/// A directory that goes away with its last reference.
final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "relay-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Puts the text there in one step, as careful writers do.
    @discardableResult
    func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let target = "\(path)/\(name)"
        let fresh = "\(target).new"
        try Data(text.utf8).write(to: URL(fileURLWithPath: fresh))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: fresh)
        guard unsafe rename(fresh, target) == 0 else { throw SupportError.system(operation: "rename", code: errno) }
        return target
    }
}

/// Whole seconds since 1970.
func wallClockSeconds() -> Int { time(nil) }
