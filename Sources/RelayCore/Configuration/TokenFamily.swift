// SPDX-License-Identifier: Apache-2.0

/// The kinds of token source, by the variables that belong to each.
enum TokenFamily: String, CaseIterable {
    case fixed = "static"
    case file, exec, oauth2, http

    /// The family of a variable in the table; nil if it belongs to all.
    init?(variable: String) {
        switch variable {
        case "RELAY_TOKEN": self = .fixed
        case "RELAY_TOKEN_FILE", "RELAY_TOKEN_FILE_POLL": self = .file
        default:
            if variable.hasPrefix("RELAY_TOKEN_EXEC") {
                self = .exec
            } else if variable.hasPrefix("RELAY_OAUTH_") {
                self = .oauth2
            } else if variable.hasPrefix("RELAY_TOKEN_HTTP_") || variable.hasPrefix("RELAY_TOKEN_PRESET") {
                self = .http
            } else {
                return nil
            }
        }
    }

    /// Variables of each family that say something: set, and not merely to their default.
    static func present(in environment: [String: String]) -> [(family: TokenFamily, variables: [String])] {
        var found: [TokenFamily: [String]] = [:]
        for key in ConfigurationKey.all {
            guard let family = TokenFamily(variable: key.name) else { continue }
            for name in key.hasFileTwin ? [key.name, key.fileTwin] : [key.name] {
                guard let value = environment[name], !value.isEmpty, value != key.defaultText else { continue }
                found[family, default: []].append(name)
            }
        }
        return allCases.compactMap { family in found[family].map { (family, $0) } }
    }
}
