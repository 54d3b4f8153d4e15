// SPDX-License-Identifier: Apache-2.0
import RelayCore
import RelayLoop
import RelayServer

/// `tokenrelay serve`: runs the relay until it is told to stop.
enum ServeCommand {
    /// - Returns: the exit code, if it could not start; a relay that runs ends the process itself.
    static func run(_ loaded: Configuration.Loaded) -> Int32 {
        Signals.prepare()
        ProcessLimits.disableCoreDumps()
        do {
            try RelayServer(loaded, environment: ProcessEnvironment.variables).run()
        } catch {
            ProcessEnvironment.writeError("tokenrelay: cannot start: \(error)\n")
        }
        return 1
    }
}
