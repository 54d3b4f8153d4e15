// SPDX-License-Identifier: Apache-2.0

extension Span<UInt8> {
    /// The first offset at or after `start` of a quote, a backslash or a control character; the count if there is none.
    ///
    /// Sixteen bytes are judged at once without a branch, which the compiler turns into vector instructions: long
    /// strings (images as data URLs) pass at the speed of memory.
    @inline(__always)
    func endOfPlainText(from start: Int) -> Int {
        firstOffset(in: start..<count) { $0 == JSONByte.quote || $0 == JSONByte.backslash || $0 < 0x20 }
    }

    /// The first offset at or after `start` of `byte`; the count if there is none.
    @inline(__always)
    func firstOffset(of byte: UInt8, from start: Int) -> Int { firstOffset(in: start..<count) { $0 == byte } }

    /// The first offset in `range` whose byte is wanted; its upper bound if there is none.
    @inline(__always)
    func firstOffset(in range: Range<Int>, where isWanted: (UInt8) -> Bool) -> Int {
        var offset = range.lowerBound
        while offset < range.upperBound {
            if isWanted(self[offset]) { return offset }
            offset += 1
        }
        return range.upperBound
    }
}
