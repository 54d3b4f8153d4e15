// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A token endpoint that does what a test tells it and remembers what it was asked.
///
/// By default every call gets a new token of `lifetime` seconds in the shape of RFC 6749 §5.1.
package final class ScriptedIssuer: Sendable {
    package enum Answer: Sendable {
        /// A new token; `lifetime` nil leaves `expires_in` out.
        case token(lifetime: Int?)
        case status(Int, json: String, fields: [WireField] = [])
        /// These bytes and then FIN.
        case raw([UInt8])
        /// FIN without a byte.
        case close
        /// RST without a byte.
        case reset
        /// Nothing until the client leaves or the issuer stops.
        case hang
        /// Waits for the gate, then answers with a token.
        case held(Gate, lifetime: Int?)
        /// A fresh token in a shape of the test's own: `TOKEN` in the text and in field values is replaced by it.
        case template(Int, String, fields: [WireField] = [])

        /// A token that lives for ten minutes and asks to be renewed in a second, for a client that heeds `refresh_in`.
        ///
        /// A token that simply ends soon has ended before it arrives where a machine is slow.
        package static var renewedSoon: Answer {
            .template(200, #"{"access_token":"TOKEN","expires_in":600,"refresh_in":1}"#)
        }
    }

    /// What the issuer thinks of a token, by its own clock.
    package enum Verdict: Sendable, Equatable { case valid, unknown, revoked, ended }

    private struct Issue: Sendable {
        var token: String
        /// On the monotonic clock, in nanoseconds; nil if its life is not known.
        var endsAt: Int64?
    }

    private struct State: Sendable {
        var lifetime: Int?
        var script: [Answer] = []
        var otherwise: Answer?
        var issued: [Issue] = []
        var callTimes: [Int64] = []
        var revoked: Set<String> = []
        var calls: [RecordedRequest] = []
        var inFlight = 0
        var mostInFlight = 0
    }

    private let state: Monitor<State>
    private let upstream: ScriptedUpstream

    package init(lifetime: Int? = 300, on endpoint: Endpoint = .loopback(0)) throws {
        let state = Monitor(State(lifetime: lifetime))
        self.state = state
        upstream = try ScriptedUpstream.perRequest(on: endpoint) { request, connection in
            let answer = state.withLock { state in
                state.calls.append(request)
                state.callTimes.append(monotonicNanoseconds())
                state.inFlight += 1
                state.mostInFlight = max(state.mostInFlight, state.inFlight)
                return state.script.isEmpty
                    ? state.otherwise ?? .token(lifetime: state.lifetime) : state.script.removeFirst()
            }
            try Self.waitIfTold(by: answer, on: connection)
            // Before the answer: a client that has it may call again at once.
            state.withLock { $0.inFlight -= 1 }
            try Self.give(answer, on: connection, from: state)
        }
    }

    deinit { stop() }

    package func stop() { upstream.stop() }

    // MARK: Telling it what to do

    /// Answers of the next calls, one each; afterwards the default again.
    package func script(_ answers: Answer...) { state.withLock { $0.script += answers } }

    /// The answer of every unscripted call; nil for a new token.
    package func always(_ answer: Answer?) { state.withLock { $0.otherwise = answer } }

    package func setLifetime(_ seconds: Int?) { state.withLock { $0.lifetime = seconds } }

    package func revoke(_ token: String) { _ = state.withLock { $0.revoked.insert(token) } }

    package func revokeAll() { state.withLock { $0.revoked.formUnion($0.issued.map(\.token)) } }

    // MARK: Seeing what happened

    package var port: UInt16 { upstream.port }
    package var url: String { "\(upstream.baseURL)/oauth/token" }
    // Copied within the lock: the thread sanitizer does not see that an array which is shared is not written to.
    package var calls: [RecordedRequest] { state.withLock { $0.calls.map { $0 } } }
    package var callCount: Int { state.withLock { $0.calls.count } }
    /// Most calls that were unanswered at the same time.
    package var mostInFlight: Int { state.value.mostInFlight }
    /// Tokens in the order of issue.
    package var issued: [String] { state.withLock { $0.issued.map(\.token) } }
    /// Time between each call and the one before it.
    package var pauses: [Duration] {
        let times = state.withLock { $0.callTimes.map { $0 } }
        return zip(times.dropFirst(), times).map { .nanoseconds($0 - $1) }
    }

    package func waitForCalls(_ count: Int, timeout: Duration = hangLimit) -> Bool {
        state.wait(timeout: timeout) { $0.calls.count >= count }
    }

    /// True if the request carries an issued token that is not revoked; lifetimes are not looked at.
    package func accepts(_ request: RecordedRequest) -> Bool {
        guard let token = request.bearerToken else { return false }
        return state.withLock { state in
            state.issued.contains { $0.token == token } && !state.revoked.contains(token)
        }
    }

    /// What a request deserves; lifetimes count from the answer that brought the token.
    ///
    /// A request may be long on its way on a loaded machine. So a token counts as ended only if the client sent the
    /// request (it says so in `stamp`) after the token's end: then it was surely used too late.
    package func verdict(on request: RecordedRequest) -> Verdict {
        guard let token = request.bearerToken else { return .unknown }
        return state.withLock { state in
            guard let issue = state.issued.last(where: { $0.token == token }) else { return .unknown }
            if state.revoked.contains(token) { return .revoked }
            let sentAt = request[Self.stampName].flatMap { Int64($0) } ?? 0
            return issue.endsAt.map { sentAt >= $0 } ?? false ? .ended : .valid
        }
    }

    private static let stampName = "X-Test-Sent-At"

    /// A field that says when the request is sent, for `verdict`.
    package static var stamp: WireField { WireField(stampName, "\(monotonicNanoseconds())") }

    private static func waitIfTold(by answer: Answer, on connection: ScriptedConnection) throws {
        switch answer {
        case .hang: _ = connection.waitForPeerClose(timeout: .seconds(3_600))
        case .held(let gate, _): try gate.wait()
        default: break
        }
    }

    private static func give(
        _ answer: Answer, on connection: ScriptedConnection, from state: Monitor<State>
    ) throws {
        switch answer {
        case .token(let lifetime), .held(_, let lifetime):
            try connection.respond(json: tokenResponse(lifetime: lifetime, token: issue(lifetime, from: state)))
        case .template(let status, let text, let fields):
            let token = issue(nil, from: state)
            let filled = fields.map { WireField($0.name, $0.value.replacingOccurrences(of: "TOKEN", with: token)) }
            try connection.respond(
                status, fields: filled, json: text.replacingOccurrences(of: "TOKEN", with: token))
        case .status(let status, let json, let fields):
            try connection.respond(status, fields: fields, json: json)
        case .raw(let bytes):
            try connection.send(bytes)
            connection.close()
        case .close: connection.close()
        case .reset: connection.reset()
        case .hang: connection.close()
        }
    }

    private static func issue(_ lifetime: Int?, from state: Monitor<State>) -> String {
        state.withLock { state in
            let token = "issued-\(state.issued.count + 1)-\(UUID().uuidString.lowercased())"
            let endsAt = lifetime.map { monotonicNanoseconds() + Int64($0) * 1_000_000_000 }
            state.issued.append(Issue(token: token, endsAt: endsAt))
            return token
        }
    }

    private static func tokenResponse(lifetime: Int?, token: String) -> String {
        let expiry = lifetime.map { ",\"expires_in\":\($0)" } ?? ""
        return "{\"access_token\":\"\(token)\",\"token_type\":\"Bearer\"\(expiry)}"
    }
}
