// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// `tokenrelay serve`: runs the relay until it is told to stop.
enum ServeCommand {
    /// - Returns: the exit code.
    static func run(_ loaded: Configuration.Loaded) async -> Int32 {
        print("not yet")
        return 0
    }
}
