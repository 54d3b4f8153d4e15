// SPDX-License-Identifier: Apache-2.0
// tokenrelay is the command line: one file a command, each thin. What they decide with lives in RelayCore, what they
// run in RelayServer and RelayUpstream; the process's own rim is ProcessEnvironment.
import Foundation
import RelayCore

/// The command line: one command, its exit code.
///
/// **Isolation**: the main thread, all of it. `serve` blocks the signals it waits for, and a thread that does not block
/// them (as the main thread, were this run elsewhere) would be killed by the first.
@main
@MainActor
enum TokenRelay {
    static func main() async {
        let code = await run(Array(CommandLine.arguments.dropFirst()))
        exit(code)
    }

    private static func run(_ words: [String]) async -> Int32 {
        do throws(UsageError) {
            return try await run(Arguments(words))
        } catch {
            ProcessEnvironment.writeError("tokenrelay: \(error.text)\n")
            return UsageError.exitCode
        }
    }

    private static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
        switch arguments.command {
        case .serve:
            try arguments.finish()
            guard let loaded = ProcessEnvironment.loadConfiguration() else { return ConfigurationErrors.exitCode }
            return ServeCommand.run(loaded)
        case .check: return try await CheckCommand.run(arguments)
        case .token: return try await TokenCommand.run(arguments)
        case .health:
            try arguments.finish()
            return HealthCommand.run()
        case .config:
            try arguments.finish()
            return ConfigCommand.run()
        case .env:
            var arguments = arguments
            let isMarkdown = arguments.flag("--markdown")
            return try print(isMarkdown ? ConfigurationKey.markdownTables : ConfigurationKey.sampleFile, arguments)
        case .version: return try print("tokenrelay \(Version.number)\n", arguments)
        case .help: return try print(Command.helpText, arguments)
        }
    }

    private static func print(_ text: String, _ arguments: Arguments) throws(UsageError) -> Int32 {
        try arguments.finish()
        ProcessEnvironment.write(text)
        return 0
    }
}
