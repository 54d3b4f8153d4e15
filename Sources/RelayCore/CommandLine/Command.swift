// SPDX-License-Identifier: Apache-2.0

/// What `tokenrelay` can be told to do.
package enum Command: String, CaseIterable, Sendable {
    case serve, check, health, config, env, token, version, help

    package var summary: String {
        switch self {
        case .serve: "run the relay (also without any command)"
        case .check:
            "test every step to issuer and upstream, and say what is wrong [--json] [--model NAME] [--url RELAY]"
        case .health: "exit 0 if the running relay is ready, else 1 and the reason"
        case .config: "print the effective configuration, secrets left out, and where each value comes from"
        case .env: "print a commented sample of every variable"
        case .token: "fetch a token once and say how long it lives [--watch --out FILE]"
        case .version: "print the version"
        case .help: "print this"
        }
    }

    /// The text of `tokenrelay help`.
    package static var helpText: String {
        let width = allCases.map(\.rawValue.count).max() ?? 0
        let commands = allCases.map { command in
            "  \(command.rawValue)\(String(repeating: " ", count: width - command.rawValue.count))  \(command.summary)"
        }.joined(separator: "\n")
        return """
            tokenrelay \(Version.number) - puts a short-lived bearer token on every request to an OpenAI-compatible gateway

            usage: tokenrelay [command]

            \(commands)

            The environment configures it. The variables most installations need:

            \(ConfigurationKey.essentials)

            Secrets can be given as files: NAME_FILE=/path instead of NAME=value. "tokenrelay env" lists everything.

            """
    }
}
