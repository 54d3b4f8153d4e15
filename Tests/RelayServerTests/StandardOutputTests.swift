// SPDX-License-Identifier: Apache-2.0

import Foundation
import RelayCore
import RelayServer
import Testing

@Suite struct StandardOutputTests {
    @Test(
        "a reader that stalls costs lines, which are counted, and nobody waits for it",
        .timeLimit(.minutes(10)), arguments: [LogConfiguration.Format.json, .text])
    func stalledReader(format: LogConfiguration.Format) throws {
        let pipe = Pipe()
        let output = try StandardOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor, format: format)
        // The thread that writes may hold 4 MiB while as much again gathers.
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1_023) + [UInt8(ascii: "\n")]
        let count = 12_000
        for _ in 0..<count { output.write(line: line) }

        var (whole, dropped) = (0, 0)
        var rest: [UInt8] = []
        while whole + dropped < count {
            rest += pipe.fileHandleForReading.availableData
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            for found in rest[..<end].split(separator: UInt8(ascii: "\n")) {
                if found.count == 1_023 {
                    whole += 1
                } else {
                    dropped += try #require(Self.count(in: String(decoding: found, as: UTF8.self), format))
                }
            }
            rest.removeSubrange(...end)
        }
        #expect(dropped > 0)
        #expect(rest.isEmpty)
    }

    @Test("a line longer than the buffer for lines goes out whole when nothing else waits")
    func longLine() throws {
        let pipe = Pipe()
        let output = try StandardOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor, format: .json)
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 5 << 20) + [UInt8(ascii: "\n")]
        output.write(line: line)
        var read = 0
        while read < line.count { read += pipe.fileHandleForReading.availableData.count }
        #expect(read == line.count)
    }

    /// What the notice of dropped lines says, if it is a line like any other.
    private static func count(in line: String, _ format: LogConfiguration.Format) -> Int? {
        guard let digits = line.firstRange(of: "count").map({ line[$0.upperBound...] })?.drop(while: { !$0.isNumber })
        else { return nil }
        let starts = format == .json ? #"{"ts":"20"# : "20"
        let middle = format == .json ? #"Z","level":"warn","msg":"log lines dropped","# : "Z warn  log lines dropped "
        guard line.hasPrefix(starts), line.contains(middle) else { return nil }
        return Int(digits.prefix { $0.isNumber })
    }
}
