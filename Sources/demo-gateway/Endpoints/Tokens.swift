// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport

/// The two ways to a token.
extension Gateway {
    /// OAuth 2.0 client credentials (RFC 6749 §4.4), the client in a Basic field or in the body.
    func serveTokenRequest(_ exchange: Exchange) throws {
        guard try tokenCallMayGoOn(exchange) else { return }
        let form = Self.form(String(decoding: try exchange.readBody(), as: UTF8.self))
        var client = (id: form["client_id"] ?? "", secret: form["client_secret"] ?? "")
        if let basic = exchange.request["Authorization"], basic.lowercased().hasPrefix("basic ") {
            let decoded = Data(base64Encoded: String(basic.dropFirst(6))).map { String(decoding: $0, as: UTF8.self) }
            let parts = (decoded ?? "").split(separator: ":", maxSplits: 1).map { Self.decoded(String($0)) }
            client = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
        }
        guard client == (options.clientID, options.clientSecret) else {
            return try exchange.respond(
                ["error": "invalid_client", "error_description": "unknown client or wrong secret"], status: 401,
                fields: [WireField("WWW-Authenticate", "Basic realm=\"demo\"")])
        }
        guard form["grant_type"] == "client_credentials" else {
            return try exchange.respond(["error": "unsupported_grant_type"], status: 400)
        }
        let grant = issue()
        let seconds = grant.lifetime.asSeconds
        let lifetime: JSON = seconds == seconds.rounded() ? .int(Int(seconds)) : .double(seconds)
        try exchange.respond(
            ["access_token": .string(grant.token), "token_type": "Bearer", "expires_in": lifetime],
            fields: [WireField("Cache-Control", "no-store")])
    }

    /// An in-house login: always 200, the truth is in `code`.
    func serveLogin(_ exchange: Exchange) throws {
        guard try tokenCallMayGoOn(exchange) else { return }
        guard exchange.request.method == "POST", let body = try exchange.readJSON() else {
            if !exchange.hasAnswered { try exchange.fail(405, "POST only.", type: "invalid_request_error") }
            return
        }
        let id = body["app_id"] ?? body["username"] ?? body["client_id"]
        let secret = body["app_secret"] ?? body["password"] ?? body["client_secret"]
        guard id?.text == options.clientID, secret?.text == options.clientSecret else {
            return try exchange.respond(["code": 1001, "message": "wrong credentials", "data": nil])
        }
        let grant = issue()
        let expiry = Int((Date().timeIntervalSince1970 + grant.lifetime.asSeconds) * 1000)
        try exchange.respond([
            "code": 0, "message": "ok", "data": ["token": .string(grant.token), "expireTime": .int(expiry)],
        ])
    }

    private func issue() -> TokenDesk.Grant {
        let grant = tokens.issue()
        ledger.count { $0.tokensIssued += 1 }
        log("token \(grant.number) issued, good for \(grant.lifetime.asSeconds) s")
        return grant
    }

    private func tokenCallMayGoOn(_ exchange: Exchange) throws -> Bool {
        ledger.count { $0.tokenCalls += 1 }
        let failures = ledger.failures
        try exchange.pause(failures.tokenDelay)
        guard let status = failures.tokenStatus else { return true }
        try exchange.respond(["error": "temporarily_unavailable"], status: status)
        return false
    }

    private static func form(_ text: String) -> [String: String] {
        var form: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            form[decoded(parts[0])] = parts.count > 1 ? decoded(parts[1]) : ""
        }
        return form
    }

    private static func decoded(_ text: String) -> String {
        let spaced = text.replacingOccurrences(of: "+", with: " ")
        return spaced.removingPercentEncoding ?? spaced
    }
}
