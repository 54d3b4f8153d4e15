// SPDX-License-Identifier: Apache-2.0

extension Span<UInt8> {
    /// The first offset at or after `start` of a quote, a backslash or a control character; the count if there is none.
    ///
    /// Names and words end soon, images as data URLs after megabytes: the first bytes are looked at one by one, those
    /// beyond eight at a time.
    @inline(__always)
    func endOfPlainText(from start: Int) -> Int {
        let nearEnd = Swift.min(start + 32, count)
        let near = firstOffset(in: start..<nearEnd, where: isStringSyntax)
        return near < nearEnd ? near : endOfLongPlainText(from: near)
    }

    private func endOfLongPlainText(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var offset = start
        while count - offset >= 8 {
            let word = word(at: offset)
            // Subtracting makes a byte's top bit rise where the byte is zero, or below 0x20 in the third case. A borrow
            // can spoil only the bytes above the first hit, and the first is the one that is asked for.
            let quote = word ^ (UInt64(JSONByte.quote) &* ones)
            let backslash = word ^ (UInt64(JSONByte.backslash) &* ones)
            let control = (word &- (0x20 &* ones)) & ~word
            let hits = ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | control) & (0x80 &* ones)
            if hits != 0 { return offset + hits.trailingZeroBitCount / 8 }
            offset += 8
        }
        return firstOffset(in: offset..<count, where: isStringSyntax)
    }

    /// Eight bytes as one word, the first in the lowest place; the compiler makes it one load.
    @inline(__always)
    private func word(at offset: Int) -> UInt64 {
        let bytes = extracting(offset..<(offset + 8))
        let low = UInt64(bytes[0]) | UInt64(bytes[1]) << 8 | UInt64(bytes[2]) << 16 | UInt64(bytes[3]) << 24
        let high = UInt64(bytes[4]) | UInt64(bytes[5]) << 8 | UInt64(bytes[6]) << 16 | UInt64(bytes[7]) << 24
        return low | high << 32
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

@inline(__always)
private func isStringSyntax(_ byte: UInt8) -> Bool {
    byte == JSONByte.quote || byte == JSONByte.backslash || byte < 0x20
}
