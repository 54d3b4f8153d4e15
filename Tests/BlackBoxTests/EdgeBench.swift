// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Synchronization
import Testing

/// A relay in front of a scripted upstream; what upstream does with a request is looked up by the request's key.
///
/// The key is the query's `key=…` and the `X-Request-Id` at once, so many tests can share one relay, each seeing its own
/// requests upstream and its own lines in the log.
final class EdgeBench: Sendable {
    /// Handles one request, whose body has been read unless the answer is an early one.
    typealias Answer = @Sendable (RecordedRequest, ScriptedConnection) throws -> Void

    private struct Script: Sendable {
        var answer: Answer
        var isEarly: Bool
        var seen: [RecordedRequest] = []
    }

    static let chat = "/v1/chat/completions"
    static let token = "edge-token"

    let relay: RelayProcess
    let upstream: ScriptedUpstream
    private let scripts: Monitor<[String: Script]>
    private static let lastKey = Atomic<Int>(0)

    /// Further variables win over the defaults: a static token, one loop.
    init(_ environment: [String: String] = [:]) throws {
        let scripts = Monitor([String: Script]())
        self.scripts = scripts
        upstream = try ScriptedUpstream { connection in
            while let head = try connection.readRequestHead(timeout: .seconds(3_600)) {
                let key = Self.key(of: head)
                guard let script = scripts.value[key] else {
                    try connection.respond(404, json: "{}")
                    continue
                }
                let request = script.isEarly ? head : try connection.readBody(of: head)
                scripts.withLock { $0[key]?.seen.append(request) }
                try script.answer(request, connection)
            }
        }
        var all = [
            "RELAY_UPSTREAM_URL": "\(upstream.baseURL)/v1", "RELAY_TOKEN": Self.token, "RELAY_LOOPS": "1",
        ]
        if environment.keys.contains(where: { $0.hasPrefix("RELAY_OAUTH") }) { all["RELAY_TOKEN"] = nil }
        all.merge(environment) { $1 }
        relay = try RelayProcess(all)
    }

    /// Registers what upstream does with requests of a new key.
    func script(early: Bool = false, _ answer: @escaping Answer) -> String {
        let key = "edge-\(Self.lastKey.add(1, ordering: .relaxed).newValue)"
        scripts.withLock { $0[key] = Script(answer: answer, isEarly: early) }
        return key
    }

    /// Registers an answer of exactly these bytes, after which upstream closes if told so.
    func script(sending bytes: String, thenCloses: Bool = false) -> String {
        script { _, connection in
            try connection.send(latin1Bytes(bytes))
            if thenCloses { connection.close() }
        }
    }

    /// Requests of that key in the order of their arrival upstream.
    func seen(_ key: String) -> [RecordedRequest] { scripts.value[key]?.seen ?? [] }

    func waitUntilSeen(_ key: String, count: Int = 1) -> Bool {
        scripts.wait { ($0[key]?.seen.count ?? 0) >= count }
    }

    func target(_ key: String) -> String { "\(Self.chat)?key=\(key)" }

    /// Sends a chat request with that key, on a new connection unless given one, and reads the answer.
    func post(
        _ key: String, body: [UInt8] = Array("{}".utf8), fields: [WireField] = [], on client: RawClient? = nil
    ) throws -> ReceivedResponse {
        let client = try client ?? relay.connect()
        try send(key, body: body, fields: fields, on: client)
        return try client.readResponse(to: "POST")
    }

    /// Sends a chat request with that key and does not wait for its answer.
    func send(
        _ key: String, body: [UInt8] = Array("{}".utf8), fields: [WireField] = [], on client: RawClient
    ) throws {
        try client.sendRequest(
            "POST", target(key),
            fields: [WireField("X-Request-Id", key), WireField("Content-Type", "application/json")] + fields,
            body: body)
    }

    /// The access-log line of that request.
    func log(_ key: String) throws -> LogLine { try #require(relay.waitForAccessLog(requestID: key)) }

    /// The sum of the samples of a metric whose labels contain all of `labels`, such as `kind="reset"`.
    func metric(_ name: String, _ labels: String...) throws -> Double {
        let text = try relay.connect().exchange("GET", "/metrics").bodyText
        return text.split(separator: "\n").reduce(0) { sum, line in
            let parts = line.split(separator: " ")
            guard parts.count == 2, parts[0] == name || parts[0].hasPrefix("\(name){") else { return sum }
            guard labels.allSatisfy({ parts[0].contains($0) }) else { return sum }
            return sum + (Double(parts[1]) ?? 0)
        }
    }

    /// Waits until a metric has that value.
    func waitFor(_ name: String, _ value: Double) throws -> Bool { try waitFor(name) { $0 == value } }

    /// Waits until a metric's value fits.
    func waitFor(_ name: String, until fits: (Double) -> Bool) throws -> Bool {
        try eventually { try fits(metric(name)) }
    }

    func stop() {
        relay.process.kill()
        upstream.stop()
    }

    private static func key(of request: RecordedRequest) -> String {
        let pairs = (request.query ?? "").split(separator: "&")
        return pairs.first { $0.hasPrefix("key=") }.map { String($0.dropFirst(4)) } ?? ""
    }
}

/// One byte for each character up to U+00FF.
func latin1Bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
