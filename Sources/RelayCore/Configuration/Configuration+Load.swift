// SPDX-License-Identifier: Apache-2.0

extension Configuration {
    /// Where a value came from.
    package enum Origin: String, Sendable {
        case standard = "default"
        case environment, file
        /// Taken from `RELAY_TOKEN_PRESET`, or worked out from other variables.
        case derived
    }

    /// A configuration without errors, and what is worth saying about it.
    package struct Loaded: Sendable {
        package var configuration: Configuration
        /// For the log at start: unknown names, switched-off verification and the like.
        package var warnings: [ConfigurationProblem]
        /// By variable name; absent means default.
        package var origins: [String: Origin]
    }

    /// Reads the environment and the files it names.
    ///
    /// Pure but for `readFile`.
    ///
    /// - Throws: every problem found, never only the first.
    package static func load(
        environment: [String: String], readFile: (String) throws -> [UInt8], cores: Int
    ) throws(ConfigurationErrors) -> Loaded {
        Loaded(configuration: Configuration(), warnings: [], origins: [:])
    }
}
