// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

@Suite struct BodyEventStreamBoundaryTests {
    static func isBetween(_ pieces: [[UInt8]]) -> Bool {
        var boundary = EventStreamBoundary()
        for piece in pieces { boundary.observe(piece.span) }
        return boundary.isBetweenEvents
    }

    /// The rule on the whole stream: after a byte order mark and with all line ends made LF, nothing or an empty line.
    static func isBetweenByRule(_ stream: [UInt8]) -> Bool {
        var bytes = stream[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var text: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == 0x0D {
                text.append(0x0A)
                if index + 1 < bytes.endIndex, bytes[index + 1] == 0x0A { index += 1 }
            } else {
                text.append(bytes[index])
            }
            index += 1
        }
        return text.isEmpty || text == [0x0A] || text.suffix(2) == [0x0A, 0x0A]
    }

    @Test(
        "The stream is between events at its start and after an empty line",
        arguments: [
            ("", true), ("data: x", false), ("data: x\n", false), ("data: x\n\n", true), ("data: x\r\r", true),
            ("data: x\r\n", false), ("data: x\r\n\r", true), ("data: x\r\n\r\n", true), ("data: x\r", false),
            ("data: x\n\r\n", true), ("data: x\n\r", true), ("data: x\r\n\n", true), ("data: x\n\ndata", false),
            ("data: x\n\n: c", false), ("data: x\n\n: c\n", false), ("\n", true), ("\r\n", true),
            ("data: x\n \n", false),
            ("\u{FEFF}", true), ("\u{FEFF}data: x\n\n", true), ("\u{FEFF}\n", true), ("x\u{FEFF}", false),
            ("\n\u{FEFF}", false),
            ("x\n\n\u{FEFF}", false), ("\u{FEFF}\u{FEFF}", false),
        ])
    func knows(stream: String, expected: Bool) {
        let bytes = Array(stream.utf8)
        #expect(Self.isBetween([bytes]) == expected)
        #expect(Self.isBetween(bytes.map { [$0] }) == expected)
        #expect(Self.isBetweenByRule(bytes) == expected)
    }

    @Test("Half a byte order mark is no place for a comment")
    func waitsForMark() {
        #expect(!Self.isBetween([[0xEF]]))
        #expect(!Self.isBetween([[0xEF], [0xBB]]))
        #expect(Self.isBetween([[0xEF], [], [0xBB], [0xBF]]))
        #expect(!Self.isBetween([[0xEF], [0xBB, 0x0A]]))
    }

    @Test("How the stream is split changes nothing", arguments: 0..<8)
    func ignoresSplits(seed: Int) {
        var random = JSONRandom(seed: UInt64(seed) + 40)
        for _ in 0..<400 {
            var stream: [UInt8] = []
            for _ in 0..<random.below(14) {
                stream += random.pick([[0x0A], [0x0D], [0x0D, 0x0A], [0x61], [0x0A, 0x0A], [0xEF, 0xBB, 0xBF]])
            }
            var boundary = EventStreamBoundary()
            var sent = 0
            while sent < stream.count {
                let end = min(stream.count, sent + random.below(5))
                let piece = Array(stream[sent..<end])
                boundary.observe(piece.span)
                sent = end
                #expect(boundary.isBetweenEvents == Self.isBetweenByRule(Array(stream[..<sent])), "\(stream[..<sent])")
            }
        }
    }
}
