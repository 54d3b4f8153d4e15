// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// `tokenrelay token`: fetches once and says how long the token lives.
enum TokenCommand {
    static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
        try arguments.finish()
        guard ProcessEnvironment.loadConfiguration() != nil else { return ConfigurationErrors.exitCode }
        ProcessEnvironment.writeError("not yet\n")
        return 1
    }
}
