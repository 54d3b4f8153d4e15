// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// `tokenrelay check`: tests every step to issuer and upstream.
enum CheckCommand {
    static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
        try arguments.finish()
        guard ProcessEnvironment.loadConfiguration() != nil else { return ConfigurationErrors.exitCode }
        ProcessEnvironment.writeError("not yet\n")
        return 1
    }
}
