// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayCore

/// The command line: one command, its exit code.
@main
enum TokenRelay {
    static func main() async {
        let code = await run(Array(CommandLine.arguments.dropFirst()))
        exit(code)
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        guard let loaded = ProcessEnvironment.loadConfiguration() else { return ConfigurationErrors.exitCode }
        return await ServeCommand.run(loaded)
    }
}
