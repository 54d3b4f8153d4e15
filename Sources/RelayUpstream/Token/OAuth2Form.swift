// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// Writes the request of one grant, with the client authenticated as configured.
struct OAuth2Form {
    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    private static let jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    private static let tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"

    private let configuration: OAuth2Configuration
    private let grant: String

    init(_ configuration: OAuth2Configuration, grant: String) {
        (self.configuration, self.grant) = (configuration, grant)
    }

    /// - Throws: `.secretUnavailable` if the client's secret or assertion cannot be read.
    func request(
        adding parameters: [(name: String, value: String)], _ secrets: inout SecretReader
    ) throws(TokenFetchFailure) -> IssuerRequest {
        var request = IssuerRequest(method: "POST", url: configuration.tokenURL)
        request.fields = configuration.headers.map { ($0.name, $0.value) }
        var pairs: [(name: String, value: String)] = [("grant_type", grant)]
        pairs += parameters
        pairs += try assertion(&secrets)
        pairs += try clientAuthentication(&request, &secrets)
        // A renewal within the password grant keeps the scope of its login (RFC 6749 §6).
        if grant == configuration.grant {
            if let scope = configuration.scope { pairs.append(("scope", scope)) }
            if let audience = configuration.audience { pairs.append(("audience", audience)) }
            if let resource = configuration.resource { pairs.append(("resource", resource)) }
        }
        // No parameter may appear twice (RFC 6749 §3.2): what the operator adds replaces what is there.
        pairs.removeAll { pair in configuration.extra.contains { $0.name == pair.name } }
        for extra in configuration.extra {
            secrets.remember(extra.value)
            pairs.append((extra.name, extra.value))
        }
        request.addMissingField("Accept", "application/json")
        request.addMissingField("Content-Type", "application/x-www-form-urlencoded")
        request.body = Array(FormEncoding.body(pairs).utf8)
        return request
    }

    private func clientAuthentication(
        _ request: inout IssuerRequest, _ secrets: inout SecretReader
    ) throws(TokenFetchFailure) -> [(name: String, value: String)] {
        guard let id = configuration.clientID else { return [] }
        var secret = ""
        if configuration.clientAuthentication != .none, let reference = configuration.clientSecret {
            secret = try secrets.read(reference, name: "RELAY_OAUTH_CLIENT_SECRET")
        }
        let credentials: String
        switch configuration.clientAuthentication {
        case .none: return [("client_id", id)]
        case .post: return [("client_id", id)] + (secret.isEmpty ? [] : [("client_secret", secret)])
        // RFC 6749 §2.3.1 wants both encoded as a form; many servers do not decode them, hence the raw kind.
        case .basic: credentials = FormEncoding.form(id) + ":" + FormEncoding.form(secret)
        case .basicRaw: credentials = id + ":" + secret
        }
        let encoded = Base64.encoded(credentials.utf8)
        secrets.remember(encoded)
        request.addMissingField("Authorization", "Basic " + encoded)
        return []
    }

    /// The assertion file's content, read anew each time because kubelets and Vault agents rotate it.
    ///
    /// It is the grant itself for the JWT bearer and token exchange grants, which have no other place for it, and the
    /// client's proof of identity for all others (RFC 7523 §2.1 and §2.2, RFC 8693 §2.1).
    private func assertion(
        _ secrets: inout SecretReader
    ) throws(TokenFetchFailure) -> [(name: String, value: String)] {
        guard let path = configuration.assertionFile else { return [] }
        let assertion = try secrets.read(.file(path), name: "RELAY_OAUTH_ASSERTION_FILE")
        let given = Set(configuration.extra.map(\.name))
        switch grant {
        case Self.jwtBearer where !given.contains("assertion"): return [("assertion", assertion)]
        case Self.tokenExchange where !given.contains("subject_token"):
            return [("subject_token", assertion), ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt")]
        default: return [("client_assertion_type", Self.assertionType), ("client_assertion", assertion)]
        }
    }
}

extension IssuerRequest {
    /// Adds a field unless the operator has set it.
    mutating func addMissingField(_ name: String, _ value: String) {
        guard !fields.contains(where: { $0.name.lowercased() == name.lowercased() }) else { return }
        fields.append((name, value))
    }
}
