// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// A `tokenrelay serve` started from the built binary, configured by environment variables alone.
///
/// Contract with the relay: once it accepts connections it prints one JSON line with `"msg":"listening"` and
/// `"address":"127.0.0.1:PORT"` on standard output.
package final class RelayProcess: Sendable {
    package let process: TestProcess
    /// Where it listens.
    package let endpoint: Endpoint

    /// No clock of the relay's own may end what only a loaded machine makes slow; a test sets the clock it is about.
    private static let patience = [
        "RELAY_LISTEN": "127.0.0.1:0", "RELAY_HEADER_TIMEOUT": "600s", "RELAY_BODY_TIMEOUT": "600s",
        "RELAY_KEEPALIVE_TIMEOUT": "600s", "RELAY_CLIENT_WRITE_TIMEOUT": "600s", "RELAY_CONNECT_TIMEOUT": "120s",
        "RELAY_DRAIN_TIMEOUT": "600s",
    ]

    /// Starts a relay and waits until it listens; `RELAY_LISTEN` is a kernel-chosen loopback port unless given.
    package init(_ environment: [String: String], timeout: Duration = hangLimit) throws {
        let environment = Self.patience.merging(environment) { $1 }
        process = try TestProcess(
            executable: BuiltProduct.path(of: "tokenrelay"), arguments: ["serve"], environment: environment)
        let line = process.waitForLine(timeout: timeout) { $0.string("msg") == "listening" }
        guard let address = line?.string("address"), let endpoint = Endpoint(address) else {
            let printed = process.everythingPrinted
            process.kill()
            throw SupportError.malformed("the relay does not listen; it printed: \(printed)")
        }
        self.endpoint = endpoint
    }

    deinit { process.kill() }

    package var port: UInt16 { endpoint.port }
    package var baseURL: String { "http://\(endpoint)" }

    package func connect(receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(to: endpoint, receiveBuffer: receiveBuffer)
    }

    /// Asks `/readyz` on new connections until it answers 200; false after `timeout`.
    package func waitUntilReady(timeout: Duration = hangLimit) -> Bool {
        eventually(within: timeout) { (try? connect().exchange("GET", "/readyz"))?.status == 200 }
    }

    /// Waits until new connections are refused: every loop has then heard that it drains, and closed its listener.
    package func waitUntilListenerIsClosed() -> Bool { eventually { (try? connect()) == nil } }

    /// The least processor time that it uses in a while of silence, looking again while that is more than `allowed`.
    ///
    /// What it still had to do at the beginning, and other processes that crowd its caches, show in some of the whiles; a
    /// loop that turns without need shows in all of them.
    package func leastBusy(_ allowed: Duration, in silence: Duration = .seconds(1)) -> Duration {
        process.leastBusy(allowed, in: silence)
    }

    /// Access-log lines so far: those with a `request_id` and an `outcome`.
    package var accessLog: [LogLine] {
        process.lines.filter { $0.string("request_id") != nil && $0.string("outcome") != nil }
    }

    /// The first log line that fits, waiting for it if need be.
    package func waitForLog(timeout: Duration = hangLimit, where fits: (LogLine) -> Bool) -> LogLine? {
        process.waitForLine(timeout: timeout, where: fits)
    }

    package func waitForAccessLog(requestID: String, timeout: Duration = hangLimit) -> LogLine? {
        waitForLog(timeout: timeout) { $0.string("request_id") == requestID && $0.string("outcome") != nil }
    }

    /// Sends a signal and waits for the end; nil if it still runs after `timeout` (it is killed by `deinit`).
    package func stop(signal: Int32 = SIGTERM, timeout: Duration = hangLimit) -> TestProcess.Exit? {
        process.send(signal)
        return process.waitForExit(timeout: timeout)
    }

    package var everythingPrinted: String { process.everythingPrinted }
    package var figures: ProcessFigures? { ProcessFigures(of: process.processID) }
    package var residentBytes: Int { figures?.residentBytes ?? 0 }
    package var cpuTime: Duration { figures?.cpuTime ?? .zero }
    package var openDescriptors: Int { figures?.openDescriptors ?? 0 }
}

/// Finds executables of this package beside the running test bundle.
package enum BuiltProduct {
    /// `RELAY_BIN_DIR` wins; else the directory of the running executable, which `swift test` puts beside them.
    package static func path(of name: String) throws -> String {
        var places: [String] = []
        if let directory = ProcessInfo.processInfo.environment["RELAY_BIN_DIR"] { places.append(directory) }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        places.append((own as NSString).deletingLastPathComponent)
        places.append((CommandLine.arguments[0] as NSString).deletingLastPathComponent)
        for place in places where FileManager.default.isExecutableFile(atPath: "\(place)/\(name)") {
            return "\(place)/\(name)"
        }
        throw SupportError.malformed("no executable \"\(name)\" in \(places); build it or set RELAY_BIN_DIR")
    }
}
