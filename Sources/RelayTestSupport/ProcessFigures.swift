// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// What /proc says about a process at one moment.
package struct ProcessFigures: Sendable, Equatable {
    /// Resident memory in bytes.
    package let residentBytes: Int
    /// Highest resident memory so far in bytes.
    package let peakResidentBytes: Int
    /// User and system time of all its threads.
    package let cpuTime: Duration
    package let openDescriptors: Int
    package let threads: Int

    /// Nil if there is no such process.
    package init?(of process: Int32) {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
            let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")
        else { return nil }
        func figure(_ name: String) -> Int {
            for line in status.split(separator: "\n") where line.hasPrefix(name + ":") {
                return line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) } ?? 0
            }
            return 0
        }
        residentBytes = figure("VmRSS") * 1024
        peakResidentBytes = figure("VmHWM") * 1024
        threads = figure("Threads")
        openDescriptors = descriptors.count
        // Fields 14 and 15 (utime, stime); counted after the name, which may hold blanks.
        let afterName = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard afterName.count > 12, let user = Int(afterName[11]), let system = Int(afterName[12]) else { return nil }
        cpuTime = .milliseconds((user + system) * 1000 / max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// A bound on memory, in bytes, as wide as it has to be in this run: a sanitizer keeps what was freed for a while.
    package static func bound(_ bytes: Int) -> Int {
        ProcessInfo.processInfo.environment["RELAY_SANITIZER"] == nil ? bytes : bytes + (1 << 30)
    }
}
