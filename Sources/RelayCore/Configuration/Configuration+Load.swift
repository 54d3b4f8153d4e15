// SPDX-License-Identifier: Apache-2.0

extension Configuration {
    /// Where a value came from.
    package enum Origin: String, Sendable {
        case standard = "default"
        case environment, file
        /// Taken from `RELAY_TOKEN_PRESET`, or worked out from other variables.
        case derived
    }

    /// One variable as it is in effect.
    package struct EffectiveValue: Hashable, Sendable {
        package var name: String
        /// Fit to be shown: secrets are `<redacted>`.
        package var text: String
        package var origin: Origin
        /// The path, for values from files.
        package var file: String?
    }

    /// A configuration without errors, and what is worth saying about it.
    package struct Loaded: Sendable {
        package var configuration: Configuration
        /// For the log at start: unknown names, switched-off verification and the like.
        package var warnings: [ConfigurationProblem]
        /// Every variable, in the order of the table.
        package var values: [EffectiveValue]

        /// By variable name.
        package var origins: [String: Origin] {
            Dictionary(values.map { ($0.name, $0.origin) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Reads the environment and the files it names.
    ///
    /// Pure but for `readFile`.
    ///
    /// - Throws: every problem found, never only the first.
    package static func load(
        environment: [String: String], readFile: @escaping (String) throws -> [UInt8], cores: Int
    ) throws(ConfigurationErrors) -> Loaded {
        var configuration = Configuration()
        var reader = ConfigurationReader(environment: environment, readFile: readFile)
        let family = reader.inferFamily()
        if family == .http { reader.readPreset() }
        reader.readServer(&configuration, cores: cores)
        reader.readUpstream(&configuration)
        reader.readToken(&configuration.token, family: family, upstream: configuration.upstream)
        if family != nil { reader.checkInjection(configuration.upstream) }
        reader.warnUnknown()
        let warnings = reader.warnings.inTableOrder
        guard reader.problems.isEmpty else {
            throw ConfigurationErrors(reader.problems.inTableOrder, warnings: warnings)
        }
        return Loaded(configuration: configuration, warnings: warnings, values: reader.effectiveValues())
    }

    /// The listeners alone, for a health probe that must not depend on anything else being right.
    package static func loadListeners(
        environment: [String: String]
    ) throws(ConfigurationErrors) -> (listen: ListenAddress, admin: ListenAddress?) {
        var configuration = Configuration()
        var reader = ConfigurationReader(environment: environment) { _ in [] }
        reader.readListeners(&configuration)
        guard reader.problems.isEmpty else { throw ConfigurationErrors(reader.problems) }
        return (configuration.listen, configuration.adminListen)
    }
}

extension [ConfigurationProblem] {
    /// As the sample file lists them; what is not in the table comes last.
    fileprivate var inTableOrder: [ConfigurationProblem] {
        var ranks: [String: Int] = [:]
        for (index, key) in ConfigurationKey.all.enumerated() {
            ranks[key.name] = index
            if key.hasFileTwin { ranks[key.fileTwin] = index }
        }
        return enumerated().sorted {
            (ranks[$0.element.variable] ?? .max, $0.offset) < (ranks[$1.element.variable] ?? .max, $1.offset)
        }
        .map(\.element)
    }
}

extension ConfigurationReader {
    /// Names that begin like ours and are not: a slip of the pen, or Kubernetes' doing; never fatal.
    mutating func warnUnknown() {
        let unknown = environment.keys.filter {
            $0.hasPrefix("RELAY_") && !ConfigurationKey.knownNames.contains($0) && !usedNames.contains($0)
                && !CheckOptions.ownVariables.contains($0)
        }
        for name in unknown.sorted() {
            let shown = SafeText.printable(name, limit: 80)
            if let nearest = NearestName.find(name, among: ConfigurationKey.knownNames) {
                warn(shown, "is unknown and ignored; did you mean \(nearest)?")
            } else if name.hasPrefix("RELAY_SERVICE_") || name.hasPrefix("RELAY_PORT") {
                warn(
                    shown,
                    "is unknown and ignored; Kubernetes sets it for a Service named relay (enableServiceLinks: false stops that)"
                )
            } else {
                warn(shown, "is unknown and ignored; tokenrelay env lists every variable")
            }
        }
    }

    /// Every variable as it is in effect, fit to be shown.
    mutating func effectiveValues() -> [Configuration.EffectiveValue] {
        ConfigurationKey.all.map { key in
            if let setting = setting(key.name) {
                return Configuration.EffectiveValue(
                    name: key.name, text: Self.shown(setting.text, key.display), origin: setting.origin,
                    file: setting.file)
            }
            if let text = derived[key.name] {
                return Configuration.EffectiveValue(name: key.name, text: text, origin: .derived)
            }
            if key.section == .issuerTransport, let other = upstreamTwin(of: key), let setting = setting(other) {
                return Configuration.EffectiveValue(
                    name: key.name, text: Self.shown(setting.text, key.display), origin: .derived)
            }
            return Configuration.EffectiveValue(name: key.name, text: key.defaultText, origin: .standard)
        }
    }

    /// `RELAY_TOKEN_PROXY` follows `RELAY_UPSTREAM_PROXY`, and so on.
    private func upstreamTwin(of key: ConfigurationKey) -> String? {
        guard let tail = key.name.removing(prefix: "relay_token_") else { return nil }
        return ConfigurationKey.byName["RELAY_UPSTREAM_" + tail]?.name
    }

    /// On one line, without control characters, secrets left out.
    static func shown(_ text: String, _ display: ConfigurationKey.Display) -> String {
        switch display {
        case .hidden: return text.isEmpty ? "" : "<redacted>"
        case .url: return oneLine(CheckedURL.displayed(text))
        case .path: return ConfigurationKey.Display.beginsLikePath(text) ? oneLine(text) : "<redacted>"
        case .plain: return oneLine(text)
        }
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? "," : ConfigurationValue.hasControl(String($0)) ? "?" : $0 })
    }
}
