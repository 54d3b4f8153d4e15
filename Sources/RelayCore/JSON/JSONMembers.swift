// SPDX-License-Identifier: Apache-2.0

/// Walks the members of a text that is one object, checking the whole of it on the way, without building anything.
///
/// What it yields is to be believed only once it has returned nil: an error may wait at the very end.
package struct JSONMembers {
    package struct Member: Hashable, Sendable {
        /// Offset of the opening brace or the comma before the member.
        package var separator: Int
        package var name: JSONStringToken
        package var value: Range<Int>
        /// The value's contents if it is a string.
        package var string: JSONStringToken?
    }

    private enum State { case start, members, finished }
    private var state: State = .start
    private var scanner = JSONScanner()

    package init() {}

    /// The next member, or nil after the closing brace, if nothing but white space follows it.
    ///
    /// All calls must see the same bytes, which the caller has found to be UTF-8.
    package mutating func next(_ bytes: Span<UInt8>) throws(JSONError) -> Member? {
        scanner.skipWhitespace(bytes)
        switch state {
        case .finished:
            return nil
        case .start:
            try scanner.expect(JSONByte.openBrace, bytes)
            state = .members
            scanner.skipWhitespace(bytes)
            if scanner.take(JSONByte.closeBrace, bytes) { return try finish(bytes) }
            return try member(after: scanner.offset, bytes)
        case .members:
            if scanner.take(JSONByte.closeBrace, bytes) { return try finish(bytes) }
            let separator = scanner.offset
            try scanner.expect(JSONByte.comma, bytes)
            return try member(after: separator, bytes)
        }
    }

    private mutating func member(after separator: Int, _ bytes: Span<UInt8>) throws(JSONError) -> Member {
        let name = try scanner.skipName(bytes)
        let start = scanner.offset
        if try scanner.peek(bytes) == JSONByte.quote {
            let string = try scanner.skipString(bytes)
            return Member(separator: separator, name: name, value: start..<scanner.offset, string: string)
        }
        try scanner.skipValue(bytes)
        return Member(separator: separator, name: name, value: start..<scanner.offset, string: nil)
    }

    private mutating func finish(_ bytes: Span<UInt8>) throws(JSONError) -> Member? {
        try scanner.expectEnd(bytes)
        state = .finished
        return nil
    }
}

extension JSONStringToken {
    /// Whether the string, escapes decoded, is `text`.
    ///
    /// Nothing is allocated, so that a body of a million names is cheap.
    package func equals(_ text: [UInt8], _ bytes: Span<UInt8>) -> Bool {
        guard contents.count >= text.count, isEscaped || contents.count == text.count else { return false }
        var matched = 0
        var offset = contents.lowerBound
        while offset < contents.upperBound {
            guard bytes[offset] == JSONByte.backslash else {
                guard matched < text.count, bytes[offset] == text[matched] else { return false }
                matched += 1
                offset += 1
                continue
            }
            let scalar: Unicode.Scalar
            (scalar, offset) = JSONString.decodeEscape(at: offset, end: contents.upperBound, bytes)
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                guard matched < text.count, byte == text[matched] else { return false }
                matched += 1
            }
        }
        return matched == text.count
    }
}
