// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport
import Testing

@Suite struct `Fuzz targets over their corpora` {
    @Test(arguments: FuzzTarget.allCases)
    func `hold what they promise`(target: FuzzTarget) throws {
        let lines = try Self.lines(of: target)
        #expect(lines.count > 5, "the corpus is gone")
        for line in lines {
            let input = try Escapes.decode(line)
            do {
                try target.run(input)
            } catch {
                Issue.record("\(error): \(line)")
            }
        }
    }

    /// One input a line, without the remarks.
    private static func lines(of target: FuzzTarget) throws -> [Substring] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus")
        let data = try Data(contentsOf: folder.appendingPathComponent("\(target.rawValue).txt"))
        return String(decoding: data, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
    }
}
