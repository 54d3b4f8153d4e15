// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite struct `Fuzz targets over their corpora` {
    @Test(arguments: FuzzTarget.allCases)
    func `hold what they promise`(target: FuzzTarget) throws {
        let lines = try Self.lines(of: target)
        #expect(lines.count > 5, "the corpus is gone")
        for line in lines {
            let input = try #require(Self.decode(line), "\(line)")
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

    /// The octets of a line: printable ASCII as it is, the rest as `\r`, `\n`, `\t`, `\0`, `\\` and `\xHH`.
    private static func decode(_ line: Substring) -> [UInt8]? {
        var octets: [UInt8] = []
        var rest = line.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                octets.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): octets.append(0x0D)
            case UInt8(ascii: "n"): octets.append(0x0A)
            case UInt8(ascii: "t"): octets.append(0x09)
            case UInt8(ascii: "0"): octets.append(0x00)
            case UInt8(ascii: "\\"): octets.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "x"):
                guard let value = UInt8(Substring(rest.prefix(2)), radix: 16) else { return nil }
                octets.append(value)
                rest = rest.dropFirst(2)
            default: return nil
            }
        }
        return octets
    }
}
