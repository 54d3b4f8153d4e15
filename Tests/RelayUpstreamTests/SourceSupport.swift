// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayBase
import RelayCore
import RelayUpstream
import Testing

/// An issuer that gives the answers it was told, in their order, and keeps the requests.
final class ScriptedIssuer: IssuerTransport {
    typealias Answer = Result<IssuerResponse, IssuerTransportError>
    private let state: Lock<(answers: [Answer], requests: [IssuerRequest])>

    init(_ answers: [Answer]) { state = Lock((answers, [])) }

    convenience init(_ body: String) { self.init([.answer(200, body)]) }

    var requests: [IssuerRequest] { state.withLock { $0.requests } }
    /// The bodies sent, as text.
    var bodies: [String] { requests.map { String(decoding: $0.body ?? [], as: UTF8.self) } }

    func send(_ request: IssuerRequest) async throws(IssuerTransportError) -> IssuerResponse {
        let answer = state.withLock { state -> Answer in
            state.requests.append(request)
            return state.answers.isEmpty
                ? .failure(.init(.reset, detail: "script has ended")) : state.answers.removeFirst()
        }
        return try answer.get()
    }
}

extension ScriptedIssuer.Answer {
    static func answer(_ status: Int, _ body: String, _ fields: [(name: String, value: String)] = []) -> Self {
        .success(IssuerResponse(status: status, fields: fields, body: Array(body.utf8)))
    }
}

extension IssuerRequest {
    func field(_ name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
    /// The body's pairs, still encoded.
    var pairs: [String] { String(decoding: body ?? [], as: UTF8.self).split(separator: "&").map(String.init) }
}

extension TokenSource {
    /// Fetches once, at 2025-04-08T02:41:09Z unless said otherwise.
    func fetchOnce(
        _ trigger: TokenTrigger = .demand, rejected: String? = nil, wall: Int64 = 1_744_080_069_000_000_000,
        timeout: Duration = .seconds(60)
    ) async throws(TokenFetchFailure) -> TokenGrant {
        try await fetch(
            TokenFetchContext(
                trigger: trigger, startedAt: TokenTime(instant: Instant(nanoseconds: 0), wallNanoseconds: wall),
                timeout: timeout, rejected: rejected.map(Secret.init)))
    }

    /// The failure of one fetch; nil if it brought a token.
    func failure(
        _ trigger: TokenTrigger = .demand, rejected: String? = nil, timeout: Duration = .seconds(60)
    ) async -> TokenFetchFailure? {
        do throws(TokenFetchFailure) {
            _ = try await fetchOnce(trigger, rejected: rejected, timeout: timeout)
            return nil
        } catch {
            return error
        }
    }
}

/// A directory that goes when its test does.
final class ScratchDirectory: Sendable {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("relay-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Writes in place, for the owner's eyes only.
    @discardableResult
    func write(_ text: String, to name: String = "secret", mode: Int = 0o600) throws -> String {
        let path = path(name)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: [])
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }
}
