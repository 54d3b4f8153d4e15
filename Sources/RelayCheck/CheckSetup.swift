// SPDX-License-Identifier: Apache-2.0
package import RelayCore

/// What a check is to do.
package struct CheckSetup: Sendable {
    /// A relay that runs, asked as a client asks it.
    package struct Relay: Sendable {
        package var place: CheckPlace
        /// What stands before `/v1`, without a slash at its end.
        package var basePath: String
        package var key: Secret?

        /// - Throws: `ValueError` for what is no URL.
        package init(url: String, key: Secret?) throws(ValueError) {
            let checked = try CheckedURL(url)
            place = CheckPlace(checked, side: .relay, variable: "--url")
            var path = checked.path
            while path.hasSuffix("/") { path.removeLast() }
            if path.hasSuffix("/v1") { path.removeLast(3) }
            (basePath, self.key) = (path, key)
        }
    }

    /// Nil: nothing is configured here, and only the relay is asked.
    package var configuration: Result<Configuration.Loaded, ConfigurationErrors>?
    package var environment: [String: String]
    package var relay: Relay?
    package var models: CheckModels
    /// The longest a client waits for the first piece of a stream.
    package var slow: Duration = .seconds(10)
    /// Of one call.
    package var limit: Duration = .seconds(60)
    /// Nil for a file that cannot be read.
    package var readFile: @Sendable (String) -> [UInt8]?

    package init(
        configuration: Result<Configuration.Loaded, ConfigurationErrors>?, environment: [String: String],
        models: CheckModels, readFile: @escaping @Sendable (String) -> [UInt8]?
    ) {
        (self.configuration, self.environment) = (configuration, environment)
        (self.models, self.readFile) = (models, readFile)
    }
}

/// Told of every step as it begins and as it ends; on whatever thread.
package struct CheckObserver: Sendable {
    package var began: @Sendable (CheckStep) -> Void
    package var ended: @Sendable (CheckResult) -> Void

    package init(
        began: @escaping @Sendable (CheckStep) -> Void, ended: @escaping @Sendable (CheckResult) -> Void
    ) {
        (self.began, self.ended) = (began, ended)
    }
}
