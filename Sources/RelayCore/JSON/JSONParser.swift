// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// Nesting of arrays and objects that is read.
    package static let maximumDepth = 128

    /// Reads one JSON text, strictly by RFC 8259: UTF-8 without a byte order mark, nothing but white space after it.
    ///
    /// A surrogate escape without its partner becomes U+FFFD. Time and memory are linear in the text.
    /// - Throws: `JSONError` with the offset of the first fault.
    package init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
        let text = Array(bytes)
        guard JSONScanner.isUTF8(text.span) else { throw JSONError(.malformedUTF8, at: 0) }
        var parser = JSONParser()
        self = try parser.parse(text.span)
    }
}

/// Builds the tree on top of the scanner; recursion is bounded by `JSONValue.maximumDepth`.
private struct JSONParser {
    private var scanner = JSONScanner()

    mutating func parse(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        scanner.skipWhitespace(bytes)
        let value = try value(bytes, depth: 0)
        try scanner.expectEnd(bytes)
        return value
    }

    private mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        switch try scanner.peek(bytes) {
        case JSONByte.openBrace: return .object(try members(bytes, depth: depth + 1))
        case JSONByte.openBracket: return .array(try elements(bytes, depth: depth + 1))
        case JSONByte.quote: return .string(try string(bytes))
        case UInt8(ascii: "t"):
            try scanner.skipWord("true", bytes)
            return .bool(true)
        case UInt8(ascii: "f"):
            try scanner.skipWord("false", bytes)
            return .bool(false)
        case UInt8(ascii: "n"):
            try scanner.skipWord("null", bytes)
            return .null
        case UInt8(ascii: "-"), 0x30...0x39:
            let start = scanner.offset
            try scanner.skipNumber(bytes)
            let token = JSONStringToken(contents: start..<scanner.offset, isEscaped: false)
            return .number(String(decoding: JSONString.decode(token, bytes), as: UTF8.self))
        default: throw JSONError(.unexpectedByte, at: scanner.offset)
        }
    }

    private mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        String(decoding: JSONString.decode(try scanner.skipString(bytes), bytes), as: UTF8.self)
    }

    private mutating func elements(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= JSONValue.maximumDepth else { throw JSONError(.tooDeep, at: scanner.offset) }
        try scanner.expect(JSONByte.openBracket, bytes)
        scanner.skipWhitespace(bytes)
        if scanner.take(JSONByte.closeBracket, bytes) { return [] }
        var elements: [JSONValue] = []
        while true {
            elements.append(try value(bytes, depth: depth))
            scanner.skipWhitespace(bytes)
            if scanner.take(JSONByte.closeBracket, bytes) { return elements }
            try scanner.expect(JSONByte.comma, bytes)
            scanner.skipWhitespace(bytes)
        }
    }

    private mutating func members(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONMember] {
        guard depth <= JSONValue.maximumDepth else { throw JSONError(.tooDeep, at: scanner.offset) }
        try scanner.expect(JSONByte.openBrace, bytes)
        scanner.skipWhitespace(bytes)
        if scanner.take(JSONByte.closeBrace, bytes) { return [] }
        var members: [JSONMember] = []
        while true {
            scanner.skipWhitespace(bytes)
            let name = try string(bytes)
            scanner.skipWhitespace(bytes)
            try scanner.expect(JSONByte.colon, bytes)
            scanner.skipWhitespace(bytes)
            members.append(JSONMember(name: name, value: try value(bytes, depth: depth)))
            scanner.skipWhitespace(bytes)
            if scanner.take(JSONByte.closeBrace, bytes) { return members }
            try scanner.expect(JSONByte.comma, bytes)
        }
    }
}
