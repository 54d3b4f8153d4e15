// SPDX-License-Identifier: Apache-2.0

extension ConfigurationReader {
    /// Source, reading, renewal and the issuer's transport; `upstream` lends what is not set for the issuer.
    mutating func readToken(_ token: inout TokenConfiguration, family: TokenFamily?, upstream: UpstreamConfiguration) {
        boolean("RELAY_TOKEN_ALLOW_HTTP", into: &token.allowHTTP)
        token.transport = upstream.transport
        readTransport("RELAY_TOKEN_", into: &token.transport)
        readReading(&token.reading)
        readRenewal(&token.renewal)
        read("RELAY_TOKEN_REAUTH_ON", into: &token.reauthRules, ReauthRule.parse)
        switch family {
        case .fixed: readFixed(&token)
        case .file: readFileSource(&token)
        case .exec: readExec(&token)
        case .oauth2: readOAuth2(&token)
        case .http: readTemplate(&token)
        case nil: break
        }
    }

    /// The family to use: `RELAY_TOKEN_SOURCE`, or the only one of which something is set; nil is none or an error.
    mutating func inferFamily() -> TokenFamily? {
        let present = TokenFamily.present(in: environment)
        if let both = plainValue("RELAY_TOKEN").flatMap({ _ in plainValue("RELAY_TOKEN_FILE") }), !both.isEmpty {
            refuse("RELAY_TOKEN", "is set together with RELAY_TOKEN_FILE; keep only one of them")
            return nil
        }
        if let setting = setting("RELAY_TOKEN_SOURCE") {
            let choice = setting.text.lowercased()
            guard let family = TokenFamily(rawValue: choice) else {
                if choice != "none" { refuse(setting, "is none of static, file, exec, oauth2, http, none") }
                for other in present where choice == "none" { warnIgnored(other, choice) }
                return nil
            }
            for other in present where other.family != family { warnIgnored(other, choice) }
            return family
        }
        switch present.count {
        case 1:
            derived["RELAY_TOKEN_SOURCE"] = present[0].family.rawValue
            return present[0].family
        case 0:
            refuse(
                "RELAY_TOKEN_SOURCE",
                "cannot be worked out, since no token source is set up; set one of RELAY_OAUTH_TOKEN_URL (OAuth 2), "
                    + "RELAY_TOKEN_HTTP_URL or RELAY_TOKEN_PRESET (any login request), RELAY_TOKEN_EXEC (a program), "
                    + "RELAY_TOKEN_FILE (a file), RELAY_TOKEN (a fixed token), or RELAY_TOKEN_SOURCE=none to send no token"
            )
        default:
            let list = present.map { "\($0.family.rawValue) (\($0.variables.joined(separator: ", ")))" }
            refuse(
                "RELAY_TOKEN_SOURCE",
                "cannot be worked out, since variables of several sources are set: \(list.joined(separator: "; ")); "
                    + "unset all but one source, or choose with RELAY_TOKEN_SOURCE")
        }
        return nil
    }

    private mutating func warnIgnored(_ other: (family: TokenFamily, variables: [String]), _ choice: String) {
        for name in other.variables { warn(name, "is ignored, since RELAY_TOKEN_SOURCE is \(choice)") }
    }

    // MARK: Sources

    /// A secret's value is checked now; a file's is read again at each fetch, and only shown to be there.
    mutating func secret(_ name: String) -> SecretReference? {
        guard let setting = setting(name) else { return nil }
        if let path = setting.file { return .file(path) }
        if setting.origin == .environment, ConfigurationValue.trimmed(setting.text) != setting.text {
            warn(name, "begins or ends with white space, which is kept; check for a copied line end")
        }
        return .value(Secret(setting.text))
    }

    /// Whether a variable or its file form is there, right or wrong: what is wrong has been reported already.
    func isGiven(_ name: String) -> Bool {
        if plainValue(name) != nil { return true }
        let key = Self.key(name)
        return key.hasFileTwin && environment[key.fileTwin]?.isEmpty == false
    }

    mutating func require(_ name: String, _ reason: String) {
        guard !isGiven(name), preset[name] == nil else { return }
        let twin = Self.key(name).hasFileTwin ? " or \(name)_FILE" : ""
        refuse(name, "is required \(reason); set it\(twin)")
    }

    private mutating func readFixed(_ token: inout TokenConfiguration) {
        if plainValue("RELAY_TOKEN") == nil, plainValue("RELAY_TOKEN_FILE") != nil {
            return refuse(
                "RELAY_TOKEN_SOURCE",
                "is static, but the token is in RELAY_TOKEN_FILE; set RELAY_TOKEN_SOURCE=file or leave it out")
        }
        require("RELAY_TOKEN", "for a static source")
        if let value = parsed("RELAY_TOKEN", ConfigurationValue.bearerToken) { token.source = .fixed(.value(value)) }
    }

    private mutating func readFileSource(_ token: inout TokenConfiguration) {
        require("RELAY_TOKEN_FILE", "for a file source")
        var file = FileTokenConfiguration(path: text("RELAY_TOKEN_FILE") ?? "")
        duration("RELAY_TOKEN_FILE_POLL", into: &file.poll)
        token.source = .file(file)
        if !file.path.isEmpty, (try? readFile(file.path))?.isEmpty != false {
            let path = ConfigurationKey.Display.path.quoted(file.path)
            warn(
                "RELAY_TOKEN_FILE",
                "\(path) cannot be read or is empty; the relay is not ready until it holds a token")
        }
    }

    private mutating func readExec(_ token: inout TokenConfiguration) {
        if isGiven("RELAY_TOKEN_EXEC"), isGiven("RELAY_TOKEN_EXEC_SHELL") {
            refuse("RELAY_TOKEN_EXEC", "is set together with RELAY_TOKEN_EXEC_SHELL; keep only one of them")
        } else if !isGiven("RELAY_TOKEN_EXEC_SHELL") {
            require("RELAY_TOKEN_EXEC", "for an exec source")
        }
        var command = parsed("RELAY_TOKEN_EXEC", ConfigurationValue.command)
        if let line = setting("RELAY_TOKEN_EXEC_SHELL")?.text { command = .shell(line) }
        let names: [String]? = parsed("RELAY_TOKEN_EXEC_ENV") { text throws(ValueError) in
            let names = ConfigurationValue.list(text)
            guard names.allSatisfy(ConfigurationValue.isVariableName) else {
                throw ValueError("is not a list of names (the values are taken from the relay's own environment)")
            }
            return names
        }
        usedNames.formUnion(names ?? [])
        guard let command else { return }
        var exec = ExecTokenConfiguration(command: command)
        exec.environment = names ?? []
        token.source = .exec(exec)
    }

    // MARK: Reading and renewal

    private mutating func readReading(_ reading: inout TokenReading) {
        reading.isExplicit = setting("RELAY_TOKEN_FROM").map { $0.text != $0.key.defaultText } ?? false
        read("RELAY_TOKEN_FROM", into: &reading.token, TokenReading.Place.parse)
        reading.success = parsed("RELAY_TOKEN_OK", TokenReading.Success.parse)
        read("RELAY_TOKEN_EXPIRY_FROM", into: &reading.expiry, TokenReading.ExpiryPlace.parse)
        read("RELAY_TOKEN_EXPIRY_KIND", into: &reading.expiryKind, TokenReading.ExpiryKind.parse)
        reading.refreshIn = parsed("RELAY_TOKEN_REFRESH_IN_FROM", ConfigurationValue.hintPointer)
        duration("RELAY_TOKEN_TTL", into: &reading.fixedLifetime)
        duration("RELAY_TOKEN_DEFAULT_TTL", into: &reading.defaultLifetime)
        duration("RELAY_TOKEN_MAX_TTL", into: &reading.maximumLifetime)
        guard reading.defaultLifetime > reading.maximumLifetime else { return }
        if isGiven("RELAY_TOKEN_DEFAULT_TTL") {
            refuse("RELAY_TOKEN_DEFAULT_TTL", "is above RELAY_TOKEN_MAX_TTL; lower it or raise the other")
        } else {
            reading.defaultLifetime = reading.maximumLifetime
            derived["RELAY_TOKEN_DEFAULT_TTL"] = setting("RELAY_TOKEN_MAX_TTL")?.text
        }
    }

    private mutating func readRenewal(_ renewal: inout TokenRenewal) {
        duration("RELAY_TOKEN_LEAD", into: &renewal.lead)
        fraction("RELAY_TOKEN_JITTER", into: &renewal.jitter)
        duration("RELAY_TOKEN_SKEW", into: &renewal.skew)
        duration("RELAY_TOKEN_TIMEOUT", into: &renewal.timeout)
        duration("RELAY_TOKEN_WAIT", into: &renewal.wait)
        if let pauses = parsed("RELAY_TOKEN_BACKOFF", ConfigurationValue.backoff) {
            (renewal.backoffFirst, renewal.backoffLast) = pauses
        }
        duration("RELAY_TOKEN_FORCE_MIN_INTERVAL", into: &renewal.forceMinimumInterval)
        duration("RELAY_TOKEN_IDLE_STOP", into: &renewal.idleStop)
    }
}
