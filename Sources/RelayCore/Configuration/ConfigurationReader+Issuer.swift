// SPDX-License-Identifier: Apache-2.0

extension ConfigurationReader {
    /// The issuer's URL must be https, or stay on this machine or link, or be allowed by hand.
    private static func checkIssuer(_ url: CheckedURL, _ token: TokenConfiguration) throws(ValueError) {
        guard !url.isSecure, !url.isLocal, !token.allowHTTP else { return }
        throw ValueError(
            "is plain http, which would show the secret to everybody on the way; use https, or set RELAY_TOKEN_ALLOW_HTTP=true"
        )
    }

    // MARK: OAuth 2

    mutating func readOAuth2(_ token: inout TokenConfiguration) {
        require("RELAY_OAUTH_TOKEN_URL", "for an oauth2 source")
        let current = token
        let url = parsed("RELAY_OAUTH_TOKEN_URL") { text throws(ValueError) in
            let url = try CheckedURL(text)
            try Self.checkIssuer(url, current)
            return url
        }
        var oauth = OAuth2Configuration(tokenURL: url?.text ?? "")
        read("RELAY_OAUTH_GRANT", into: &oauth.grant, ConfigurationValue.grant)
        oauth.clientID = text("RELAY_OAUTH_CLIENT_ID")
        oauth.clientSecret = secret("RELAY_OAUTH_CLIENT_SECRET")
        oauth.scope = text("RELAY_OAUTH_SCOPE")
        oauth.audience = text("RELAY_OAUTH_AUDIENCE")
        oauth.resource = text("RELAY_OAUTH_RESOURCE")
        oauth.username = text("RELAY_OAUTH_USERNAME")
        oauth.password = secret("RELAY_OAUTH_PASSWORD")
        oauth.refreshToken = secret("RELAY_OAUTH_REFRESH_TOKEN")
        oauth.assertionFile = text("RELAY_OAUTH_ASSERTION_FILE")
        if let path = oauth.assertionFile { _ = fileText(path, for: "RELAY_OAUTH_ASSERTION_FILE") }
        read("RELAY_OAUTH_EXTRA", into: &oauth.extra, ConfigurationValue.formPairs)
        read("RELAY_OAUTH_HEADERS", into: &oauth.headers, ConfigurationValue.headers)
        readClientAuthentication(&oauth, token.transport)
        requireForGrant(oauth)
        token.source = .oauth2(oauth)
    }

    private mutating func readClientAuthentication(
        _ oauth: inout OAuth2Configuration, _ transport: TransportConfiguration
    ) {
        if isGiven("RELAY_OAUTH_CLIENT_AUTH") {
            choice("RELAY_OAUTH_CLIENT_AUTH", into: &oauth.clientAuthentication)
            return
        }
        let hasSecret = isGiven("RELAY_OAUTH_CLIENT_SECRET")
        let provesItself = oauth.assertionFile != nil || (transport.clientCertificateFile != nil && !hasSecret)
        let isPublic = oauth.grant != "client_credentials" && !hasSecret
        if provesItself || isPublic {
            oauth.clientAuthentication = .none
            derived["RELAY_OAUTH_CLIENT_AUTH"] = "none"
        }
    }

    private mutating func requireForGrant(_ oauth: OAuth2Configuration) {
        let grant = "for grant \(SafeText.printable(oauth.grant, limit: 80))"
        switch oauth.grant {
        case "client_credentials": require("RELAY_OAUTH_CLIENT_ID", grant)
        case "password":
            require("RELAY_OAUTH_USERNAME", grant)
            require("RELAY_OAUTH_PASSWORD", grant)
        case "refresh_token": require("RELAY_OAUTH_REFRESH_TOKEN", grant)
        default: break
        }
        guard oauth.clientAuthentication != .none else { return }
        let reason = "for client authentication \(oauth.clientAuthentication.rawValue)"
        if oauth.grant != "client_credentials" { require("RELAY_OAUTH_CLIENT_ID", reason) }
        require("RELAY_OAUTH_CLIENT_SECRET", "\(reason) (or set RELAY_OAUTH_CLIENT_AUTH=none)")
    }

    // MARK: Any login request

    /// Takes the preset's defaults, before anything they touch is read.
    mutating func readPreset() {
        guard let preset: TokenPreset = parsed("RELAY_TOKEN_PRESET", ConfigurationValue.choice) else { return }
        for name in preset.required { require(name, "for preset \(preset.rawValue)") }
        let secretFile = environment["RELAY_TOKEN_PRESET_SECRET_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        if secretFile != nil { _ = setting("RELAY_TOKEN_PRESET_SECRET") }
        self.preset = preset.defaults(
            TokenPreset.Inputs(
                id: text("RELAY_TOKEN_PRESET_ID"), secret: secretFile.map { "${file:\($0)}" },
                scope: text("RELAY_TOKEN_PRESET_SCOPE"), domain: text("RELAY_TOKEN_PRESET_DOMAIN")))
    }

    mutating func readTemplate(_ token: inout TokenConfiguration) {
        require("RELAY_TOKEN_HTTP_URL", "for an http source (or RELAY_TOKEN_PRESET)")
        var template = TemplateConfiguration(url: "")
        let current = token
        template.url =
            templateText("RELAY_TOKEN_HTTP_URL", into: &template.values) { text, sample throws(ValueError) in
                let url = ConfigurationValue.trimmed(text)
                try Self.checkIssuer(CheckedURL(sample(url, .url)), current)
                return url
            } ?? ""
        readMethod(&template)
        template.headers =
            templateText("RELAY_TOKEN_HTTP_HEADERS", into: &template.values) { text, sample throws(ValueError) in
                let headers = try ConfigurationValue.headers(text)
                for header in headers { _ = try sample(header.value, .header) }
                return headers
            } ?? []
        template.body = templateText("RELAY_TOKEN_HTTP_BODY", into: &template.values) { text, _ throws(ValueError) in
            text
        }
        if template.method == "GET", template.body != nil {
            warn("RELAY_TOKEN_HTTP_BODY", "is ignored, since RELAY_TOKEN_HTTP_METHOD is GET")
        }
        readBodyType(&template)
        token.source = .http(template)
    }

    private mutating func readMethod(_ template: inout TemplateConfiguration) {
        read("RELAY_TOKEN_HTTP_METHOD", into: &template.method) { text throws(ValueError) in
            let method = text.uppercased()
            guard ["GET", "POST", "PUT", "PATCH"].contains(method) else {
                throw ValueError("is none of GET, POST, PUT, PATCH")
            }
            return method
        }
    }

    private mutating func readBodyType(_ template: inout TemplateConfiguration) {
        let name = "RELAY_TOKEN_HTTP_BODY_TYPE"
        if template.body == nil { template.bodyType = .none }
        guard isGiven(name) || preset[name] != nil else { return checkJSON(template) }
        choice(name, into: &template.bodyType)
        if template.bodyType == .none, template.body != nil, isGiven("RELAY_TOKEN_HTTP_BODY") {
            refuse(name, "is none, but RELAY_TOKEN_HTTP_BODY is set; say json, form or raw")
        }
        if template.body == nil { template.bodyType = .none }
        checkJSON(template)
    }

    private mutating func checkJSON(_ template: TemplateConfiguration) {
        guard template.bodyType == .json, let body = template.body,
            let sample = try? TemplateText(body).rendered(for: .raw, resolve: { _ in "0" })
        else { return }
        if (try? JSONValue(parsing: [UInt8](sample.utf8))) == nil {
            refuse(
                "RELAY_TOKEN_HTTP_BODY",
                "is not JSON, even with its placeholders filled in; correct it, or set RELAY_TOKEN_HTTP_BODY_TYPE=form or raw"
            )
        }
    }

    /// Reads a text with placeholders, collecting the variables' values and looking at the files.
    ///
    /// `parse` also gets a function that renders a text as it would be sent.
    private mutating func templateText<T>(
        _ name: String, into values: inout [String: Secret],
        _ parse: (String, (String, TemplatePlace) throws(ValueError) -> String) throws(ValueError) -> T
    ) -> T? {
        guard let setting = setting(name) else { return nil }
        do throws(ValueError) {
            var known: [TemplateText.Placeholder: String] = [:]
            for placeholder in try Self.template(setting.text).placeholders {
                guard let value = value(of: placeholder, in: setting.variable) else { continue }
                known[placeholder] = value
                if case .variable(let name) = placeholder { values[name] = Secret(value) }
            }
            return try parse(setting.text) { text, place throws(ValueError) in
                do throws(TemplateProblem) {
                    // What has no value has been refused already; x keeps the rest readable.
                    return try TemplateText(text).rendered(for: place) { known[$0] ?? "x" }
                } catch {
                    throw ValueError(error.text)
                }
            }
        } catch {
            refuse(setting, error.text)
            return nil
        }
    }

    private static func template(_ text: String) throws(ValueError) -> TemplateText {
        do throws(TemplateProblem) {
            return try TemplateText(text)
        } catch {
            throw ValueError(error.text)
        }
    }

    private mutating func value(of placeholder: TemplateText.Placeholder, in variable: String) -> String? {
        switch placeholder {
        case .file(let path): return fileText(path, for: variable)
        case .variable(let name):
            usedNames.insert(name)
            if let value = environment[name], !value.isEmpty { return value }
            // A preset's own variable that is missing has been reported by name already.
            if ConfigurationKey.byName[name] == nil || preset.isEmpty {
                refuse(variable, "names ${\(SafeText.printable(name, limit: 80))}, but no such variable is set")
            }
            return nil
        }
    }
}
