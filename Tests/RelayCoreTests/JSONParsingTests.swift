// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

@Suite struct JSONParsingTests {
    static func parse(_ text: String) throws(JSONError) -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test(
        "Every kind of value is read",
        arguments: [
            ("null", JSONValue.null), (" \t\r\n true \n", .bool(true)), ("false", .bool(false)),
            ("0", .number("0")), ("-0", .number("-0")), ("-12.50e+3", .number("-12.50e+3")), ("1E9", .number("1E9")),
            (
                "123456789012345678901234567890.123456789", .number("123456789012345678901234567890.123456789")
            ),
            (#""""#, .string("")), (#""a\"\\\/\b\f\n\r\tz""#, .string("a\"\\/\u{8}\u{C}\n\r\tz")),
            (#""\u0041\u00e9\u20AC\uD83D\uDE00\u0000""#, .string("A\u{e9}\u{20ac}\u{1F600}\u{0}")),
            ("\"\u{7f}你好\u{1F600}\"", .string("\u{7f}你好\u{1F600}")),
            ("[]", .array([])), ("[ ]", .array([])), ("{}", .object([])), ("{ \n}", .object([])),
            ("[1,[2, [3]]]", .array([.number("1"), .array([.number("2"), .array([.number("3")])])])),
            (
                #"{"a":1,"a":2,"":{"b":[]}}"#,
                .object([
                    JSONMember(name: "a", value: .number("1")), JSONMember(name: "a", value: .number("2")),
                    JSONMember(name: "", value: .object([JSONMember(name: "b", value: .array([]))])),
                ])
            ),
        ])
    func accepts(text: String, value: JSONValue) throws {
        #expect(try Self.parse(text) == value)
    }

    @Test(
        "What RFC 8259 does not allow is refused",
        arguments: [
            "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "00", "1.", ".5", "1.e3", "1e",
            "1e+", "1e+-1", "0x10", "1_000", "1 2", "1,", "[1,]", "[,1]", "[1 2]", "[", "[1", "[1,", "]", "{", "}",
            #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{a:1}"#, "{'a':1}", #"{"a":1 "b":2}"#, #"{"a" 1}"#,
            #"{"a":1]"#, "[1}", #"{1:2}"#, "\"", #""a"#, #""\"#, #""\x41""#, #""\u12""#, #""\u12G4""#, #""\U0041""#,
            "\"a\nb\"", "\"\u{0}\"", "\"\u{1f}\"", "\"tab\tin\"", "{} {}", "[] x", "null\u{0}", "\u{a0}1", "// c\n1",
            "/* c */1", "\u{FEFF}{}", "[1]]", "'a'", "{\"a\":1}}", "\u{c}1", "[\"a\",\n\"b\"\u{b}]", "-a", "--1",
            "1e5.5",
        ])
    func refuses(text: String) {
        #expect(throws: JSONError.self) { try Self.parse(text) }
        var scanner = JSONScanner()
        let bytes = Array(text.utf8)
        // The scanner is the data path's judge and must not be milder than the parser.
        #expect(throws: JSONError.self) {
            scanner.skipWhitespace(bytes.span)
            try scanner.skipValue(bytes.span)
            try scanner.expectEnd(bytes.span)
        }
    }

    @Test(
        "Bytes that are not UTF-8 are refused wherever they stand",
        arguments: [
            [0x80], [0xC3], [0xC3, 0x28], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF], [0xFE, 0xFF],
        ] as [[UInt8]])
    func refusesMalformedUTF8(bad: [UInt8]) {
        let text = Array("{\"a\":\"".utf8) + bad + Array("\"}".utf8)
        #expect(throws: JSONError(.malformedUTF8, at: 0)) { try JSONValue(parsing: text) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: bad) }
    }

    @Test(
        "A surrogate escape without its partner becomes U+FFFD",
        arguments: [
            (#""\ud800""#, "\u{FFFD}"), (#""\udc00x""#, "\u{FFFD}x"), (#""\ud800\ud800\udc00""#, "\u{FFFD}\u{10000}"),
            (#""\ud83dx\ude00""#, "\u{FFFD}x\u{FFFD}"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
            (#""\udbff\udfff""#, "\u{10FFFF}"), (#""\ud800\\udc00""#, "\u{FFFD}\\udc00"),
        ])
    func replacesLoneSurrogates(text: String, expected: String) throws {
        let read = try #require(try Self.parse(text).stringValue)
        #expect(Array(read.utf8) == Array(expected.utf8))
    }

    @Test("128 levels are read, 129 are refused, and a million neither crash nor recurse")
    func boundsDepth() throws {
        let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(throws: Never.self) { try Self.parse(deep) }
        #expect(throws: JSONError(.tooDeep, at: 128)) { try Self.parse("[" + deep + "]") }
        let mixed = String(repeating: #"{"a":["#, count: 64) + String(repeating: "]}", count: 64)
        #expect(throws: Never.self) { try Self.parse(mixed) }
        #expect(throws: JSONError.self) { try Self.parse("[" + mixed + "]") }
        for opening in ["[", #"{"a":"#] {
            #expect(throws: JSONError.self) { try Self.parse(String(repeating: opening, count: 1_000_000)) }
        }
    }

    @Test("The scanner follows 1024 levels and keeps arrays and objects apart")
    func boundsScannerDepth() {
        func skip(_ text: String) -> Bool {
            let bytes = Array(text.utf8)
            var scanner = JSONScanner()
            return (try? scanner.skipValue(bytes.span)) != nil && scanner.offset == bytes.count
        }
        let mixed = String(repeating: #"[{"a":"#, count: 512)
        #expect(skip(mixed + "1" + String(repeating: "}]", count: 512)))
        #expect(!skip("[" + mixed + "1" + String(repeating: "}]", count: 512) + "]"))
        #expect(!skip(mixed + "1" + String(repeating: "}]", count: 511) + "]}"))
        #expect(!skip(String(repeating: "[", count: 1_000_000)))
    }

    @Test("No prefix of a document is a document")
    func refusesPrefixes() {
        let text = Array(#" {"a\u00e9":[1.5e3,-0,true,false,null,{"b":"\ud83d\ude00\n"}],"c":{},"d":[[]]}"#.utf8)
        #expect(throws: Never.self) { try JSONValue(parsing: text) }
        for length in 0..<text.count {
            #expect(throws: JSONError.self) { try JSONValue(parsing: text[..<length]) }
        }
    }

    @Test("Of several members with one name the last is found, and names are compared by their bytes")
    func looksUpMembers() throws {
        let value = try Self.parse("{\"a\":1,\"b\":2,\"a\":3,\"\u{e9}\":4}")
        #expect(value["a"] == .number("3"))
        #expect(value["\u{e9}"] == .number("4"))
        #expect(value["e\u{301}"] == nil)
        #expect(value["c"] == nil)
        #expect(JSONValue.array([])["a"] == nil)
    }

    @Test("An error names the place and none of the text")
    func describesErrors() throws {
        let error = #expect(throws: JSONError.self) { try Self.parse(#"{"token":s3cret}"#) }
        #expect(error == JSONError(.unexpectedByte, at: 9))
        #expect(error?.description == "not JSON: an unexpected byte at byte 9")
    }
}
