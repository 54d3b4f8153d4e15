// SPDX-License-Identifier: Apache-2.0

/// What `tokenrelay check` was told on its command line.
package struct CheckOptions: Sendable {
    package var isJSON: Bool
    package var models: [String]
    package var relayURL: String?
    /// Visible to whoever may list processes: `RELAY_CHECK_KEY` is not.
    package var key: Secret?
    package var language: CheckLanguage
    package var limit: Duration
    package var slow: Duration

    /// Takes its options and leaves none behind.
    package init(_ arguments: Arguments, environment: [String: String]) throws(UsageError) {
        var arguments = arguments
        isJSON = arguments.flag("--json")
        models = try arguments.values("--model")
        relayURL = try arguments.value("--url")
        key = try arguments.value("--key").map { Secret($0) }
        language = try Self.language(&arguments, environment)
        limit = try Self.duration("--timeout", &arguments) ?? .seconds(60)
        slow = try Self.duration("--first-piece-limit", &arguments) ?? .seconds(10)
        try arguments.finish()
    }

    /// `--lang`, else what the environment asks for.
    package static func language(
        _ arguments: inout Arguments, _ environment: [String: String]
    ) throws(UsageError) -> CheckLanguage {
        guard let word = try arguments.value("--lang") else { return CheckLanguage(environment: environment) }
        guard let language = CheckLanguage(rawValue: word) else {
            throw UsageError("--lang: \"\(SafeText.printable(word, limit: 20))\" is none of en, zh")
        }
        return language
    }

    private static func duration(_ name: String, _ arguments: inout Arguments) throws(UsageError) -> Duration? {
        guard let text = try arguments.value(name) else { return nil }
        let read: Duration
        do throws(ValueError) {
            read = try ConfigurationValue.duration(text)
        } catch {
            throw UsageError("\(name): \"\(SafeText.printable(text, limit: 20))\" \(error.text)")
        }
        guard read > .zero, read <= .seconds(86_400) else {
            throw UsageError("\(name): \"\(SafeText.printable(text, limit: 20))\" is not above zero and at most 24h")
        }
        return read
    }

    /// The variables of the check itself, which `serve` knows nothing of.
    package static let ownVariables = ["RELAY_CHECK_KEY", "RELAY_CHECK_KEY_FILE"]

    /// Whether the environment means to configure a relay.
    package static func configures(_ environment: [String: String]) -> Bool {
        environment.contains { name, value in
            !value.isEmpty && ["RELAY_UPSTREAM_", "RELAY_TOKEN_", "RELAY_OAUTH_"].contains { name.hasPrefix($0) }
                && name != "RELAY_UPSTREAM_CA_FILE"
        }
    }
}
