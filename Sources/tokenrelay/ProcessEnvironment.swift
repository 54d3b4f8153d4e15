// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayCore
import RelayLoop

/// The rim: environment, files and standard streams of this process.
///
/// Foundation is linked anyway for the upstream side, and its calls need no `unsafe`.
enum ProcessEnvironment {
    /// Secrets and certificates are small; a path that names something endless must not fill the memory.
    private static let maximumFile = 1 << 20

    static var variables: [String: String] { ProcessInfo.processInfo.environment }
    static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Loads the configuration of this process; reports every problem on standard error and returns nil if there is one.
    static func loadConfiguration() -> Configuration.Loaded? {
        switch tryConfiguration(variables) {
        case .success(let loaded): return loaded
        case .failure(let errors):
            report(errors)
            return nil
        }
    }

    static func tryConfiguration(_ environment: [String: String]) -> Result<Configuration.Loaded, ConfigurationErrors> {
        do throws(ConfigurationErrors) {
            return .success(try Configuration.load(environment: environment, readFile: readFile, cores: cores))
        } catch {
            return .failure(error)
        }
    }

    static func report(_ errors: ConfigurationErrors) {
        let count = errors.problems.count
        writeError("tokenrelay: \(count) configuration \(count == 1 ? "error" : "errors")\n")
        for problem in errors.problems { writeError("  \(problem)\n") }
        for warning in errors.warnings { writeError("warning: \(warning)\n") }
    }

    static func readFile(_ path: String) throws -> [UInt8] {
        try SmallFile.read(path, limit: maximumFile).bytes
    }

    static func write(_ text: String) { try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) }
    static func writeError(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
