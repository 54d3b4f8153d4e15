// SPDX-License-Identifier: Apache-2.0
import RelayCore
import RelayLoop

/// What the kernel says about this process, from `/proc/self`.
enum ProcessFigures {
    /// Nil if `/proc` is not there.
    static func read() -> ProcessSnapshot? {
        guard let stat = text("/proc/self/stat"), let uptime = text("/proc/uptime"),
            // The name in parentheses may hold anything: count fields from behind it.
            let tail = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: tail)...].split(separator: " ")
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let threads = UInt64(fields[17]), let started = Double(fields[19]), let virtual = UInt64(fields[20]),
            let pages = UInt64(fields[21]), let up = uptime.split(separator: " ").first.flatMap({ Double($0) })
        else { return nil }
        let ticks = ProcessLimits.clockTicks
        let now = Double(MonotonicClock.wallNanoseconds) / 1e9
        return ProcessSnapshot(
            cpuSeconds: (user + system) / ticks, residentBytes: pages * ProcessLimits.pageSize, virtualBytes: virtual,
            openDescriptors: UInt64(ProcessLimits.openDescriptors),
            maximumDescriptors: UInt64(ProcessLimits.descriptorLimit),
            threads: threads, startTime: now - up + started / ticks)
    }

    private static func text(_ path: String) -> String? {
        (try? SmallFile.read(path, limit: 4_096)).map { String(decoding: $0.bytes, as: UTF8.self) }
    }
}
