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

    /// Starts a relay and waits until it listens; `RELAY_LISTEN` is a kernel-chosen loopback port unless given.
    package init(_ environment: [String: String], timeout: Duration = .seconds(20)) throws {
        var environment = environment
        if environment["RELAY_LISTEN"] == nil { environment["RELAY_LISTEN"] = "127.0.0.1:0" }
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
    package func waitUntilReady(timeout: Duration = .seconds(10)) -> Bool {
        let deadline = Deadline(timeout)
        while !deadline.isOver {
            if let answer = try? connect().exchange("GET", "/readyz"), answer.status == 200 { return true }
            usleep(20_000)
        }
        return false
    }

    /// Access-log lines so far: those with a `request_id` and an `outcome`.
    package var accessLog: [LogLine] {
        process.lines.filter { $0.string("request_id") != nil && $0.string("outcome") != nil }
    }

    /// The first log line that fits, waiting for it if need be.
    package func waitForLog(timeout: Duration = .seconds(10), where fits: (LogLine) -> Bool) -> LogLine? {
        process.waitForLine(timeout: timeout, where: fits)
    }

    package func waitForAccessLog(requestID: String, timeout: Duration = .seconds(10)) -> LogLine? {
        waitForLog(timeout: timeout) { $0.string("request_id") == requestID && $0.string("outcome") != nil }
    }

    /// Sends a signal and waits for the end; nil if it still runs after `timeout` (it is killed by `deinit`).
    package func stop(signal: Int32 = SIGTERM, timeout: Duration = .seconds(10)) -> TestProcess.Exit? {
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
