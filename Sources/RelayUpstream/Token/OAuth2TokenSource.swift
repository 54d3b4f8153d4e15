// SPDX-License-Identifier: Apache-2.0
package import RelayCore

/// A token from an OAuth 2.0 token endpoint (RFC 6749): client credentials, password, refresh token, or any other grant
/// that is a form.
///
/// **Isolation**: the actor holds the refresh token that the endpoint gave last; it is never written anywhere.
package actor OAuth2TokenSource: TokenSource {
    private let configuration: OAuth2Configuration
    private let reading: TokenReading
    private let transport: any IssuerTransport
    /// The newest refresh token, from an answer.
    private var refreshToken: String?
    /// The configured one that `refreshToken` descends from: another one in the file begins a new line.
    private var origin: String?

    package init(_ configuration: OAuth2Configuration, reading: TokenReading, transport: any IssuerTransport) {
        (self.configuration, self.reading, self.transport) = (configuration, reading, transport)
    }

    package func fetch(_ context: TokenFetchContext) async throws(TokenFetchFailure) -> TokenGrant {
        let exchange = IssuerExchange(transport: transport, reading: reading, context: context)
        switch configuration.grant {
        case "refresh_token": return try await renew(exchange)
        case "password": return try await login(exchange, context)
        default: return try await send(configuration.grant, [], exchange)
        }
    }

    private func renew(_ exchange: IssuerExchange) async throws(TokenFetchFailure) -> TokenGrant {
        var exchange = exchange
        guard let reference = configuration.refreshToken else {
            throw TokenFetchFailure(.secretUnavailable(name: "RELAY_OAUTH_REFRESH_TOKEN"))
        }
        let configured = try exchange.secrets.read(reference, name: "RELAY_OAUTH_REFRESH_TOKEN")
        if configured != origin { (origin, refreshToken) = (configured, nil) }
        let current = refreshToken ?? configured
        do {
            return try await send("refresh_token", [("refresh_token", current)], exchange)
        } catch {
            // The next attempt begins again with the configured one, which the operator can replace.
            if error.code == "invalid_grant" { refreshToken = nil }
            throw error
        }
    }

    /// Renews with the refresh token that the last login brought, and logs in where there is none or it has ended.
    private func login(
        _ exchange: IssuerExchange, _ context: TokenFetchContext
    ) async throws(TokenFetchFailure) -> TokenGrant {
        var exchange = exchange
        if context.trigger == .reload { refreshToken = nil }
        if let current = refreshToken {
            do {
                return try await send("refresh_token", [("refresh_token", current)], exchange)
            } catch {
                guard error.isRefusedRenewal else { throw error }
                refreshToken = nil
            }
        }
        guard let reference = configuration.password, let username = configuration.username else {
            throw TokenFetchFailure(.secretUnavailable(name: "RELAY_OAUTH_PASSWORD"))
        }
        let password = try exchange.secrets.read(reference, name: "RELAY_OAUTH_PASSWORD")
        return try await send("password", [("username", username), ("password", password)], exchange)
    }

    private func send(
        _ grant: String, _ parameters: [(name: String, value: String)], _ exchange: IssuerExchange
    ) async throws(TokenFetchFailure) -> TokenGrant {
        var exchange = exchange
        let form = OAuth2Form(configuration, grant: grant)
        for parameter in parameters { exchange.secrets.remember(parameter.value) }
        let request = try form.request(adding: parameters, &exchange.secrets)
        let (token, answer) = try await exchange.send(request)
        if grant == "refresh_token" || grant == "password", let next = nextRefreshToken(in: answer) {
            refreshToken = next
        }
        return token
    }

    /// The refresh token beside the access token; without one the old stays in use (RFC 6749 §6).
    private func nextRefreshToken(in answer: TokenAnswer) -> String? {
        guard let json = try? answer.json() else { return nil }
        var parent = ""
        if case .json(let pointer) = reading.token, let slash = pointer.lastIndex(of: "/") {
            parent = String(pointer[..<slash])
        }
        guard let next = json.value(at: parent + "/refresh_token")?.stringValue, !next.isEmpty else { return nil }
        return next
    }
}

extension TokenFetchFailure {
    fileprivate var code: String? {
        switch cause {
        case .refused(_, let code), .unsuccessful(let code): code
        default: nil
        }
    }

    /// The refresh token is what was refused, so that a login may help; not the client, the network or the issuer.
    fileprivate var isRefusedRenewal: Bool {
        switch code {
        case "invalid_grant", "invalid_token", "unauthorized_client", "unsupported_grant_type": true
        default: false
        }
    }
}
