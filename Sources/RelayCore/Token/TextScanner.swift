// SPDX-License-Identifier: Apache-2.0

/// Reads short ASCII texts from the left: dates, zones, patterns.
///
/// A step that does not fit moves nothing.
struct TextScanner {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { position == bytes.count }
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Takes the byte if it comes next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    /// Takes one of the bytes, if one comes next.
    mutating func take(anyOf set: String) -> UInt8? {
        guard let byte = next, set.utf8.contains(byte) else { return nil }
        position += 1
        return byte
    }

    /// Takes the text if it comes next, whatever the case of its letters.
    mutating func take(_ text: String) -> Bool {
        let start = position
        for byte in text.utf8 {
            guard let mine = next, Self.lowered(mine) == Self.lowered(byte) else {
                position = start
                return false
            }
            position += 1
        }
        return true
    }

    /// Takes `count` digits, of which there must be that many at least.
    mutating func number(ofDigits count: Int) -> Int? { number(ofDigits: count...count) }

    /// Takes as many digits as there are within `range`, at most 15 by contract, so that nothing overflows.
    mutating func number(ofDigits range: ClosedRange<Int>) -> Int? {
        var end = position
        var value = 0
        while end < bytes.count, end - position < range.upperBound, let digit = Self.digit(bytes[end]) {
            value = value * 10 + digit
            end += 1
        }
        guard end - position >= range.lowerBound else { return nil }
        position = end
        return value
    }

    /// Takes a run of one or more digits as the fraction of a second, in milliseconds, rounded down.
    mutating func fraction() -> Int? {
        let start = position
        var milliseconds = 0
        while let byte = next, let digit = Self.digit(byte) {
            if position - start < 3 { milliseconds = milliseconds * 10 + digit }
            position += 1
        }
        switch position - start {
        case 0: return nil
        case 1: return milliseconds * 100
        case 2: return milliseconds * 10
        default: return milliseconds
        }
    }

    /// Takes a run of one or more letters.
    mutating func word() -> String? {
        let start = position
        while let byte = next, (0x61...0x7A).contains(Self.lowered(byte)) { position += 1 }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Takes `Z`, `UTC`, `GMT`, `+08:00`, `+0800` or `+08` (with `GMT`/`UTC` before the sign too): seconds east of UTC.
    mutating func zone() -> Int? {
        let start = position
        let named = take("UTC") || take("GMT")
        if !named, take("Z") { return 0 }
        guard let sign = take(anyOf: "+-") else { return named ? 0 : nil }
        if let hours = number(ofDigits: 2) {
            let colon = take(UInt8(ascii: ":"))
            let minutes = number(ofDigits: 2)
            if hours <= 23, (minutes ?? 0) <= 59, minutes != nil || !colon {
                let seconds = hours * 3_600 + (minutes ?? 0) * 60
                return sign == UInt8(ascii: "-") ? -seconds : seconds
            }
        }
        position = start
        return nil
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
    private static func digit(_ byte: UInt8) -> Int? { (0x30...0x39).contains(byte) ? Int(byte - 0x30) : nil }
}
