// SPDX-License-Identifier: Apache-2.0
import HTTPWire

/// Follows one JSON text through pieces of any size and picks out its usage object and the model that answered.
///
/// It looks at `usage`, `response.usage` and `meta.tokens`, `model` and `response.model`. It does not check the text:
/// upstream's fault is the client's to see. Memory is bounded by the limits below, whatever passes.
struct UsageScanner: Sendable {
    private static let maximumUsage = 16 * 1_024
    private static let maximumModel = 256

    private enum Key { case other, usage, response, meta, tokens, model }

    private enum Mode {
        /// Before the text's first byte.
        case start
        /// Among the members of the top-level object, or of one below it that can hold usage.
        case members
        case name
        case string
        /// In a container that is of no interest or is being captured.
        case container
        case containerString
        /// After the end, or after something that cannot be.
        case finished
    }

    private var mode: Mode = .start
    /// The byte before was a backslash inside a string.
    private var isEscaped = false
    private var expectsName = false
    private var name = ShortName()
    private var key: Key = .other
    /// Where `members` is: nil at the top, else the key of the inner object.
    private var inner: Key?
    private var nesting = 0
    private var capture: [UInt8]?

    /// The last usage object that passed.
    private(set) var counts: UsageCounts?
    /// The first model that passed while it was looked for.
    private(set) var model: String?
    var seeksModel = true
    /// Whether `meta.tokens` counts; an event stream is searched for the word `usage` only.
    private let readsMeta: Bool

    init(readsMeta: Bool) { self.readsMeta = readsMeta }

    /// Makes ready for the next text; what was found stays.
    mutating func restart() {
        (mode, isEscaped, expectsName, key, inner, nesting, capture) = (.start, false, false, .other, nil, 0, nil)
    }

    /// Whether a text has begun since the last restart.
    var hasBegun: Bool { mode != .start }

    /// Takes a part of `bytes` as the next bytes of the text.
    mutating func scan(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var position = range.lowerBound
        while position < range.upperBound {
            switch mode {
            case .finished: return
            case .start, .members:
                structural(bytes[position])
                position += 1
            case .name, .string, .containerString: position = string(bytes, position..<range.upperBound)
            case .container: position = container(bytes, position..<range.upperBound)
            }
        }
    }

    private mutating func structural(_ byte: UInt8) {
        if mode == .start {
            if JSONByte.isWhitespace(byte) { return }
            mode = byte == JSONByte.openBrace ? .members : .finished
            expectsName = true
            return
        }
        switch byte {
        case JSONByte.quote:
            mode = expectsName ? .name : .string
            name = ShortName()
            if mode == .string, key == .model, seeksModel, model == nil { capture = [] }
        case JSONByte.colon: (key, expectsName) = (namedKey(), false)
        case JSONByte.comma: (key, expectsName) = (.other, true)
        case JSONByte.openBrace: openObject()
        case JSONByte.openBracket: (mode, nesting) = (.container, 1)
        case JSONByte.closeBrace:
            if inner == nil { mode = .finished }
            (inner, key, expectsName) = (nil, .other, false)
        case JSONByte.closeBracket: mode = .finished
        default: break
        }
    }

    private mutating func openObject() {
        switch key {
        case .usage, .tokens: (mode, nesting, capture) = (.container, 1, [JSONByte.openBrace])
        case .response, .meta: (inner, key, expectsName) = (key, .other, true)
        case .other, .model: (mode, nesting) = (.container, 1)
        }
    }

    private func namedKey() -> Key {
        switch (inner, name) {
        case (nil, .usage), (.response, .usage): .usage
        case (nil, .model), (.response, .model): .model
        case (nil, .response): .response
        case (nil, .meta): readsMeta ? .meta : .other
        case (.meta, .tokens): .tokens
        default: .other
        }
    }

    /// Goes on inside a string, to its end or the end of the range; returns where.
    private mutating func string(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var position = range.lowerBound
        var isOver = false
        while position < range.upperBound, !isOver {
            if isEscaped {
                isEscaped = false
            } else {
                position = bytes.firstOffset(in: position..<range.upperBound) {
                    $0 == JSONByte.quote || $0 == JSONByte.backslash
                }
                if position == range.upperBound { break }
                isEscaped = bytes[position] == JSONByte.backslash
                isOver = !isEscaped
            }
            position += 1
        }
        if mode == .name {
            name.append(bytes.extracting(range.lowerBound..<(isOver ? position - 1 : position)))
        } else {
            keep(bytes.extracting(range.lowerBound..<position), limit: mode == .string ? Self.maximumModel : nil)
        }
        if isOver { endString() }
        return position
    }

    /// Remembers bytes if anybody wants them.
    private mutating func keep(_ bytes: Span<UInt8>, limit: Int? = nil) {
        guard let count = capture?.count else { return }
        if count + bytes.count > limit ?? Self.maximumUsage {
            capture = nil
        } else {
            capture?.append(copying: bytes)
        }
    }

    private mutating func endString() {
        if mode == .string, let text = capture {
            let token = JSONStringToken(contents: 0..<(text.count - 1), isEscaped: true)
            let decoded = String(decoding: JSONString.decode(token, text.span), as: UTF8.self)
            if !decoded.isEmpty { model = decoded }
            capture = nil
        }
        mode = mode == .containerString ? .container : .members
    }

    /// Goes on inside a container, to its end, a string, or the end of the range; returns where.
    private mutating func container(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var position = range.lowerBound
        while position < range.upperBound, mode == .container {
            position = bytes.firstOffset(in: position..<range.upperBound) {
                // Bit 5 is all that tells brackets from braces.
                $0 == JSONByte.quote || $0 | 0x20 == JSONByte.openBrace || $0 | 0x20 == JSONByte.closeBrace
            }
            if position == range.upperBound { break }
            switch bytes[position] {
            case JSONByte.quote: mode = .containerString
            case JSONByte.openBrace, JSONByte.openBracket: nesting += 1
            default:
                nesting -= 1
                if nesting == 0 { mode = .members }
            }
            position += 1
        }
        keep(bytes.extracting(range.lowerBound..<position))
        if mode == .members { endContainer() }
        return position
    }

    private mutating func endContainer() {
        guard let text = capture else { return }
        capture = nil
        if let read = UsageCounts(json: text.span) { counts = read }
    }
}

/// The first bytes of a member's name, as many as tell the wanted names from all others.
private struct ShortName: Equatable {
    private var word: UInt64 = 0
    private var count = 0

    init() {}

    init(_ name: StaticString) { append(name.description.utf8Span.span) }

    mutating func append(_ bytes: Span<UInt8>) {
        for index in bytes.indices.prefix(9 - count) {
            // The ninth byte is only counted: no wanted name has more than eight.
            if count < 8 { word |= UInt64(bytes[index]) << UInt64(8 * count) }
            count += 1
        }
    }

    static let usage = ShortName("usage"), response = ShortName("response"), meta = ShortName("meta")
    static let tokens = ShortName("tokens"), model = ShortName("model")
}
