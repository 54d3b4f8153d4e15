// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A `demo-gateway` started from the built binary on a kernel-chosen port.
package final class GatewayProcess: Sendable {
    package static let clientID = "demo-client"
    package static let clientSecret = "demo-secret"

    package let process: TestProcess
    package let endpoint: Endpoint

    /// Further arguments win over the defaults here: no pause between pieces, tokens of 30 s.
    package init(tokenLifetime: String = "30s", pieceInterval: String = "0ms", arguments: [String] = []) throws {
        process = try TestProcess(
            executable: BuiltProduct.path(of: "demo-gateway"),
            arguments: [
                "--listen", "127.0.0.1:0", "--token-lifetime", tokenLifetime, "--piece-interval", pieceInterval,
            ] + arguments)
        let greeting = "demo-gateway: listening on "
        let line = process.waitForLine { $0.text.hasPrefix(greeting) }
        guard let line, let endpoint = Endpoint(String(line.text.dropFirst(greeting.count))) else {
            let printed = process.everythingPrinted
            process.kill()
            throw SupportError.malformed("demo-gateway does not listen; it printed: \(printed)")
        }
        self.endpoint = endpoint
    }

    deinit { process.kill() }

    package var baseURL: String { "http://\(endpoint)" }

    /// What a relay in front of it needs.
    package var relayEnvironment: [String: String] {
        [
            "RELAY_UPSTREAM_URL": "\(baseURL)/v1", "RELAY_OAUTH_TOKEN_URL": "\(baseURL)/oauth/token",
            "RELAY_OAUTH_CLIENT_ID": Self.clientID, "RELAY_OAUTH_CLIENT_SECRET": Self.clientSecret,
        ]
    }

    /// A new bearer token.
    package func issueToken() throws -> String {
        let answer = try RawClient(to: endpoint).exchange(
            "POST", "/oauth/token", fields: [WireField("Content-Type", "application/x-www-form-urlencoded")],
            body: Array(
                "grant_type=client_credentials&client_id=\(Self.clientID)&client_secret=\(Self.clientSecret)".utf8))
        guard let token = JSON(parsing: answer.body)?["access_token"]?.text else {
            throw SupportError.malformed("no token in status \(answer.status)")
        }
        return token
    }

    /// One call of `/control/…`, its answer as JSON.
    @discardableResult
    package func control(_ path: String, post body: JSON? = nil) throws -> JSON {
        let answer = try RawClient(to: endpoint).exchange(
            body == nil ? "GET" : "POST", "/control/\(path)", body: body.map(\.bytes))
        guard answer.status == 200, let json = JSON(parsing: answer.body) else {
            throw SupportError.malformed("control \(path) answered \(answer.status): \(answer.bodyText)")
        }
        return json
    }
}
