// SPDX-License-Identifier: Apache-2.0

/// A cursor over the bytes of a JSON text that checks and skips values without building anything (RFC 8259).
///
/// The bytes are handed to each call, so that the cursor is a plain value; all calls must see the same bytes. It does
/// not look at UTF-8: whoever takes bytes from outside checks them once with `isUTF8`.
package struct JSONScanner {
    /// Nesting that `skipValue` follows: deeper than any request in use, shallow enough for a fixed stack.
    package static let maximumDepth = 1_024

    /// Offset of the next byte.
    package private(set) var offset: Int

    package init(at offset: Int = 0) { self.offset = offset }

    /// Whether the bytes are UTF-8 without surrogates or overlong forms.
    package static func isUTF8(_ bytes: Span<UInt8>) -> Bool { (try? UTF8Span(validating: bytes)) != nil }

    package mutating func skipWhitespace(_ bytes: Span<UInt8>) {
        while offset < bytes.count, JSONByte.isWhitespace(bytes[offset]) { offset += 1 }
    }

    /// The next byte, left in place.
    package func peek(_ bytes: Span<UInt8>) throws(JSONError) -> UInt8 {
        guard offset < bytes.count else { throw JSONError(.unexpectedEnd, at: offset) }
        return bytes[offset]
    }

    /// Takes the next byte if it is `byte`.
    package mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    package mutating func expect(_ byte: UInt8, _ bytes: Span<UInt8>) throws(JSONError) {
        guard try peek(bytes) == byte else { throw JSONError(.unexpectedByte, at: offset) }
        offset += 1
    }

    /// White space to the end of the text, and nothing else.
    package mutating func expectEnd(_ bytes: Span<UInt8>) throws(JSONError) {
        skipWhitespace(bytes)
        guard offset == bytes.count else { throw JSONError(.trailingBytes, at: offset) }
    }

    /// A string at the cursor, quotes included.
    ///
    /// Escapes are checked; a lone surrogate is grammatical and passes.
    package mutating func skipString(_ bytes: Span<UInt8>) throws(JSONError) -> JSONStringToken {
        try expect(JSONByte.quote, bytes)
        let start = offset
        var escaped = false
        while true {
            offset = bytes.endOfPlainText(from: offset)
            switch try peek(bytes) {
            case JSONByte.quote:
                offset += 1
                return JSONStringToken(contents: start..<(offset - 1), isEscaped: escaped)
            case JSONByte.backslash:
                escaped = true
                try skipEscape(bytes)
            default:
                throw JSONError(.controlCharacter, at: offset)
            }
        }
    }

    private mutating func skipEscape(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = offset
        offset += 1
        switch try peek(bytes) {
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                offset += 1
                guard JSONByte.hexadecimal(try peek(bytes)) != nil else { throw JSONError(.malformedEscape, at: start) }
            }
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            break
        default:
            throw JSONError(.malformedEscape, at: start)
        }
        offset += 1
    }

    /// A number at the cursor: no plus sign, digits on both sides of the point.
    ///
    /// A leading zero is a number by itself, so that what follows it is refused by whoever looks for the end.
    package mutating func skipNumber(_ bytes: Span<UInt8>) throws(JSONError) {
        _ = take(UInt8(ascii: "-"), bytes)
        if !take(UInt8(ascii: "0"), bytes) { try skipDigits(bytes) }
        if take(UInt8(ascii: "."), bytes) { try skipDigits(bytes) }
        if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
            if !take(UInt8(ascii: "+"), bytes) { _ = take(UInt8(ascii: "-"), bytes) }
            try skipDigits(bytes)
        }
    }

    private mutating func skipDigits(_ bytes: Span<UInt8>) throws(JSONError) {
        guard JSONByte.isDigit(try peek(bytes)) else { throw JSONError(.malformedNumber, at: offset) }
        while offset < bytes.count, JSONByte.isDigit(bytes[offset]) { offset += 1 }
    }

    package mutating func skipWord(_ word: StaticString, _ bytes: Span<UInt8>) throws(JSONError) {
        for scalar in word.description.utf8 { try expect(scalar, bytes) }
    }

    /// A string, number, `true`, `false` or `null` at the cursor.
    private mutating func skipScalar(_ first: UInt8, _ bytes: Span<UInt8>) throws(JSONError) {
        switch first {
        case JSONByte.quote: _ = try skipString(bytes)
        case UInt8(ascii: "t"): try skipWord("true", bytes)
        case UInt8(ascii: "f"): try skipWord("false", bytes)
        case UInt8(ascii: "n"): try skipWord("null", bytes)
        case UInt8(ascii: "-"), 0x30...0x39: try skipNumber(bytes)
        default: throw JSONError(.unexpectedByte, at: offset)
        }
    }

    /// A member's name and its colon; the cursor stands before the name or white space, and ends before the value.
    package mutating func skipName(_ bytes: Span<UInt8>) throws(JSONError) -> JSONStringToken {
        skipWhitespace(bytes)
        let name = try skipString(bytes)
        skipWhitespace(bytes)
        try expect(JSONByte.colon, bytes)
        skipWhitespace(bytes)
        return name
    }

    /// Any value at the cursor, checked in full.
    ///
    /// No recursion: a hostile text cannot exhaust the thread's stack.
    package mutating func skipValue(_ bytes: Span<UInt8>) throws(JSONError) {
        var nesting = JSONNesting()
        repeat {
            let first = try peek(bytes)
            if first == JSONByte.openBrace || first == JSONByte.openBracket {
                let isObject = first == JSONByte.openBrace
                guard nesting.push(isObject: isObject) else { throw JSONError(.tooDeep, at: offset) }
                offset += 1
                skipWhitespace(bytes)
                if try peek(bytes) != (isObject ? JSONByte.closeBrace : JSONByte.closeBracket) {
                    if isObject { _ = try skipName(bytes) }
                    continue
                }
            } else {
                try skipScalar(first, bytes)
            }
            try leaveContainers(&nesting, bytes)
        } while !nesting.isEmpty
    }

    /// After a value: closes what ends here and stops before the next value, or after the outermost container.
    private mutating func leaveContainers(_ nesting: inout JSONNesting, _ bytes: Span<UInt8>) throws(JSONError) {
        while !nesting.isEmpty {
            skipWhitespace(bytes)
            let isObject = nesting.isObject
            switch try peek(bytes) {
            case JSONByte.comma:
                offset += 1
                skipWhitespace(bytes)
                if isObject { _ = try skipName(bytes) }
                return
            case isObject ? JSONByte.closeBrace : JSONByte.closeBracket:
                offset += 1
                nesting.pop()
            default:
                throw JSONError(.unexpectedByte, at: offset)
            }
        }
    }
}

/// Where a string stands in its text.
package struct JSONStringToken: Hashable, Sendable {
    /// The bytes between the quotes.
    package var contents: Range<Int>
    /// Whether they hold a backslash.
    package var isEscaped: Bool
}

/// Which of the open containers are objects: one bit each.
private struct JSONNesting {
    private var bits = InlineArray<16, UInt64>(repeating: 0)
    private var depth = 0

    var isEmpty: Bool { depth == 0 }
    var isObject: Bool { bits[(depth - 1) >> 6] >> UInt64((depth - 1) & 63) & 1 == 1 }

    mutating func push(isObject: Bool) -> Bool {
        guard depth < JSONScanner.maximumDepth else { return false }
        let bit: UInt64 = 1 << UInt64(depth & 63)
        if isObject { bits[depth >> 6] |= bit } else { bits[depth >> 6] &= ~bit }
        depth += 1
        return true
    }

    mutating func pop() { depth -= 1 }
}
