// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

/// Random numbers and documents from a seed, so that a failure can be repeated (SplitMix64).
struct JSONRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &self) }

    mutating func pick<T>(_ options: [T]) -> T { options[below(options.count)] }

    mutating func whitespace() -> String { pick(["", "", "", " ", "\n", "\t ", "\r\n  "]) }

    mutating func text() -> String {
        var text = ""
        for _ in 0..<below(12) {
            text.unicodeScalars.append(
                pick([
                    "a", "Z", "_", "\"", "\\", "/", "\n", "\u{0}", "\u{1f}", "é", "你", "\u{1F600}", "{", "]", ",", ":",
                ]))
        }
        return text
    }

    mutating func number() -> String {
        pick(["0", "-0", "1.50", "1e400", "12345678901234567890123", "-7E-3", "3.0e+2", "\(next())"])
    }

    mutating func value(depth: Int = 4) -> JSONValue {
        switch below(depth > 0 ? 7 : 5) {
        case 0: return .null
        case 1: return .bool(below(2) == 0)
        case 2: return .number(number())
        case 3, 4: return .string(text())
        case 5: return .array((0..<below(5)).map { _ in value(depth: depth - 1) })
        default:
            return .object((0..<below(5)).map { _ in JSONMember(name: text(), value: value(depth: depth - 1)) })
        }
    }

    /// A string literal for `text`, each scalar plain or escaped.
    mutating func literal(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            if below(4) == 0 {
                for unit in String(scalar).utf16 {
                    let hex = String(unit, radix: 16, uppercase: below(2) == 0)
                    literal += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                }
            } else {
                literal += jsonEscaped(String(scalar))
            }
        }
        return literal + "\""
    }

    /// A text for `value`, with white space and escapes wherever they may stand.
    mutating func spell(_ value: JSONValue) -> String {
        switch value {
        case .null: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .number(let text): return text
        case .string(let text): return literal(text)
        case .array(let elements):
            return "[" + elements.map { whitespace() + spell($0) + whitespace() }.joined(separator: ",") + "]"
        case .object(let members):
            return "{"
                + members.map {
                    whitespace() + literal($0.name) + whitespace() + ":" + whitespace() + spell($0.value)
                        + whitespace()
                }.joined(separator: ",") + "}"
        }
    }
}

@Suite struct JSONRandomTests {
    @Test("Whatever is written reads back the same", arguments: 0..<8)
    func roundTrips(seed: Int) throws {
        var random = JSONRandom(seed: UInt64(seed))
        for _ in 0..<200 {
            let value = random.value()
            var writer = JSONWriter()
            writer.value(value)
            #expect(try JSONValue(parsing: writer.bytes) == value)
            let spelled = random.whitespace() + random.spell(value) + random.whitespace()
            #expect(try JSONValue(parsing: Array(spelled.utf8)) == value, "\(spelled)")
        }
    }

    @Test("Parser, scanner and member walk agree on damaged documents", arguments: 0..<8)
    func agreeOnDamage(seed: Int) {
        var random = JSONRandom(seed: UInt64(seed) + 1_000)
        var refused = 0
        for _ in 0..<600 {
            let members = (0..<random.below(4)).map { _ in
                JSONMember(name: random.text(), value: random.value(depth: 3))
            }
            var bytes = Array(random.spell(.object(members)).utf8)
            let damage: [UInt8] = [
                0x22, 0x5C, 0x7B, 0x7D, 0x5B, 0x5D, 0x2C, 0x3A, 0x30, 0x2D, 0x65, 0x20, 0x00, 0xC3, 0x75,
            ]
            let place = random.below(bytes.count)
            switch random.below(3) {
            case 0: bytes[place] = random.pick(damage)
            case 1: bytes.insert(random.pick(damage), at: place)
            default: bytes.remove(at: place)
            }
            let parsed = try? JSONValue(parsing: bytes)
            if parsed == nil { refused += 1 }
            var scanner = JSONScanner()
            let scanned: Void? = try? {
                guard JSONScanner.isUTF8(bytes.span) else { throw JSONError(.malformedUTF8, at: 0) }
                scanner.skipWhitespace(bytes.span)
                try scanner.skipValue(bytes.span)
                try scanner.expectEnd(bytes.span)
            }()
            #expect((parsed == nil) == (scanned == nil), "\(bytes)")
            #expect(parsed?.objectValue?.count == Self.countMembers(bytes), "\(bytes)")
        }
        #expect((100..<590).contains(refused))
    }

    private static func countMembers(_ bytes: [UInt8]) -> Int? {
        guard JSONScanner.isUTF8(bytes.span) else { return nil }
        var members = JSONMembers()
        var count = 0
        do {
            while try members.next(bytes.span) != nil { count += 1 }
            return count
        } catch {
            return nil
        }
    }

    @Test("A string in any spelling equals its text and no other", arguments: 0..<4)
    func comparesStrings(seed: Int) throws {
        var random = JSONRandom(seed: UInt64(seed) + 60)
        for _ in 0..<300 {
            let text = random.text()
            let bytes = Array(random.literal(text).utf8)
            var scanner = JSONScanner()
            let token = try scanner.skipString(bytes.span)
            let decoded = JSONString.decode(token, bytes.span)
            #expect(decoded == Array(text.utf8))
            let isEqual = token.equals(Array(text.utf8), bytes.span)
            #expect(isEqual)
            for other in [text + "a", "a" + text, String(text.dropLast()), text + "\u{0}", random.text()] {
                let isEqual = token.equals(Array(other.utf8), bytes.span)
                #expect(isEqual == other.utf8.elementsEqual(text.utf8))
            }
        }
    }

    @Test("The end of plain text is found at every distance, whatever surrounds it")
    func findsEndOfPlainText() {
        var random = JSONRandom(seed: 7)
        for length in 0..<90 {
            for stop in [0x22, 0x5C, 0x00, 0x1F, 0x0A] as [UInt8] {
                let start = random.below(9)
                let plain: [UInt8] = [0x20, 0x21, 0x23, 0x5B, 0x5D, 0x7F, 0x80, 0xA2, 0xDC, 0xFF]
                var bytes = (0..<(start + length)).map { _ in random.pick(plain) }
                #expect(bytes.span.endOfPlainText(from: start) == start + length)
                bytes += [stop] + (0..<random.below(20)).map { _ in UInt8(random.below(256)) }
                #expect(bytes.span.endOfPlainText(from: start) == start + length)
            }
        }
    }
}
