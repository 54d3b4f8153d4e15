// SPDX-License-Identifier: Apache-2.0

/// How the bearer token is obtained, read, kept and renewed.
package struct TokenConfiguration: Sendable {
    package var source: TokenSourceConfiguration = .none
    package var reading = TokenReading()
    package var renewal = TokenRenewal()
    /// TLS, proxy and protocol towards the issuer; unset values follow the upstream's.
    package var transport = TransportConfiguration()
    /// `RELAY_TOKEN_ALLOW_HTTP`: plain http to an issuer that is neither loopback nor link-local.
    package var allowHTTP = false
    /// `RELAY_TOKEN_REAUTH_ON`: what counts as "the token was refused".
    package var reauthRules: [ReauthRule] = [ReauthRule(status: 401)]
    package init() {}
}

/// The five kinds of source, and none.
package enum TokenSourceConfiguration: Sendable {
    case none
    case fixed(SecretReference)
    case file(FileTokenConfiguration)
    case exec(ExecTokenConfiguration)
    case oauth2(OAuth2Configuration)
    case http(TemplateConfiguration)

    /// Whether asking again can bring another token: a 401 passes through where it cannot.
    package var isRenewable: Bool {
        switch self {
        case .none, .fixed: false
        case .file, .exec, .oauth2, .http: true
        }
    }
}

/// A secret given as a value or as the path of a file that is read again at each use.
package enum SecretReference: Sendable {
    case value(Secret)
    case file(String)
}

package struct FileTokenConfiguration: Sendable {
    package var path: String
    package var poll: Duration = .seconds(5)
    package init(path: String) { self.path = path }
}

package struct ExecTokenConfiguration: Sendable {
    package enum Command: Hashable, Sendable {
        case argv([String])
        case shell(String)
    }
    package var command: Command
    /// Names of environment variables handed on beside the minimal set.
    package var environment: [String] = []
    package init(command: Command) { self.command = command }
}

package struct OAuth2Configuration: Sendable {
    package enum ClientAuthentication: String, CaseIterable, Sendable {
        case basic, post
        case basicRaw = "basic_raw"
        case none
    }
    package var tokenURL: String
    /// `client_credentials`, `password`, `refresh_token` or a URN.
    package var grant = "client_credentials"
    package var clientID: String?
    package var clientSecret: SecretReference?
    package var clientAuthentication: ClientAuthentication = .basic
    package var scope: String?
    package var audience: String?
    package var resource: String?
    package var username: String?
    package var password: SecretReference?
    package var refreshToken: SecretReference?
    package var assertionFile: String?
    /// `RELAY_OAUTH_EXTRA`, decoded.
    package var extra: [HeaderPair] = []
    package var headers: [HeaderPair] = []
    package init(tokenURL: String) { self.tokenURL = tokenURL }
}

/// `RELAY_TOKEN_HTTP_…`: any login request.
///
/// Strings hold `${NAME}` and `${file:PATH}` placeholders.
package struct TemplateConfiguration: Sendable {
    package enum BodyType: String, CaseIterable, Sendable { case json, form, raw, none }
    package var url: String
    package var method = "POST"
    package var headers: [HeaderPair] = []
    package var body: String?
    package var bodyType: BodyType = .json
    /// Values for `${NAME}` taken from the environment at start (never logged), by name.
    package var values: [String: Secret] = [:]
    package init(url: String) { self.url = url }
}

/// Where token and expiry stand in the issuer's answer.
package struct TokenReading: Sendable {
    /// `json:/pointer`, `header:Name`, `body`.
    package enum Place: Hashable, Sendable {
        case json(String)
        case header(String)
        case body
    }
    package enum ExpiryPlace: Hashable, Sendable {
        case json(String)
        case header(String)
        case jwt
        case none
    }
    package enum ExpiryKind: Hashable, Sendable {
        case auto
        case secondsFromNow, millisecondsFromNow
        case epochSeconds, epochMilliseconds
        case iso
        /// `at_fmt:<fmt>@<zone>`; the offset is in seconds east of UTC.
        case format(String, offset: Int)
        case jwt
    }
    /// `RELAY_TOKEN_OK`, e.g.
    ///
    /// `json:/code=0`: the answer counts only if the value there is one of `values`.
    package struct Success: Hashable, Sendable {
        package var pointer: String
        package var values: [String]
        package init(pointer: String, values: [String]) { (self.pointer, self.values) = (pointer, values) }
    }
    package var token: Place = .json("/access_token")
    /// True if the operator named the place; an exec or file source reads plain text and ExecCredential only if not.
    package var isExplicit = false
    package var success: Success?
    package var expiry: ExpiryPlace = .json("/expires_in")
    package var expiryKind: ExpiryKind = .auto
    /// JSON pointer of a server-given renewal hint in seconds.
    package var refreshIn: String?
    /// `RELAY_TOKEN_TTL`: wins over whatever the answer says.
    package var fixedLifetime: Duration?
    package var defaultLifetime: Duration = .seconds(300)
    package var maximumLifetime: Duration = .seconds(86_400)
    package init() {}
}

/// Numbers of the lifecycle (rules R3 to R11).
///
/// Nil means: derived from the lifetime.
package struct TokenRenewal: Sendable {
    package var lead: Duration?
    /// Share of the lifetime, 0 to 0.5.
    package var jitter = 0.1
    package var skew: Duration?
    /// Limit of one fetch.
    package var timeout: Duration = .seconds(10)
    /// Limit of one request's wait.
    package var wait: Duration = .seconds(15)
    package var backoffFirst: Duration = .seconds(1)
    package var backoffLast: Duration = .seconds(30)
    package var forceMinimumInterval: Duration = .seconds(5)
    /// Stop renewing after this long without a request; nil: never.
    package var idleStop: Duration?
    package init() {}
}

/// One rule of `RELAY_TOKEN_REAUTH_ON`: a status, and for some a value in the JSON body.
package struct ReauthRule: Hashable, Sendable {
    package var status: Int
    package var pointer: String?
    package var values: [String] = []
    package init(status: Int, pointer: String? = nil, values: [String] = []) {
        (self.status, self.pointer, self.values) = (status, pointer, values)
    }
}
