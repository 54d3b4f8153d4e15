// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// `tokenrelay config`: what `serve` would run with, or the errors it would stop with.
enum ConfigCommand {
    static func run() -> Int32 {
        guard let loaded = ProcessEnvironment.loadConfiguration() else { return ConfigurationErrors.exitCode }
        ProcessEnvironment.write(loaded.report)
        for warning in loaded.warnings { ProcessEnvironment.writeError("warning: \(warning)\n") }
        return 0
    }
}
