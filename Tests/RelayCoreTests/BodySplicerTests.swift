// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

@Suite struct BodySplicerTests {
    static func edits(
        drop: [String] = [], map: [String: String] = [:], strip: Bool = false
    ) -> BodySplicer {
        var edits = EditConfiguration()
        (edits.dropFields, edits.modelMap, edits.stripModelSuffix) = (drop, map, strip)
        return BodySplicer(edits)
    }

    static func edited(_ body: String, _ splicer: BodySplicer) -> String? {
        let bytes = Array(body.utf8)
        return splicer.edited(bytes.span).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "Dropped members take their comma and the white space before them",
        arguments: [
            (#"{"d":1,"a":2}"#, #"{"a":2}"#), (#"{"a":2,"d":1}"#, #"{"a":2}"#), (#"{"d":1}"#, "{}"),
            (#"{"a":2, "d":1, "b":3}"#, #"{"a":2, "b":3}"#), (#"{"d":1, "a":2}"#, #"{ "a":2}"#),
            (#"{ "d" : 1 }"#, "{ }"), (#" { "a":2 , "d":1 , "b":3 } "#, #" { "a":2 , "b":3 } "#),
            (#"{"d":1,"e":2,"a":3}"#, #"{"a":3}"#), (#"{"d":1,"a":3,"e":2}"#, #"{"a":3}"#), (#"{"d":1,"e":2}"#, "{}"),
            (#"{"d":1,"e":2,"d":3}"#, "{}"), (#"{"a":0,"d":1,"e":2,"b":0,"d":4}"#, #"{"a":0,"b":0}"#),
            ("{\n  \"d\": 1,\n  \"a\": 2\n}", "{\n  \"a\": 2\n}"),
            ("{\n  \"a\": 2,\n  \"d\": 1\n}", "{\n  \"a\": 2\n}"),
            (#"{"\u0064":{"d":[1,2,"}"]},"a":{"d":1}}"#, #"{"a":{"d":1}}"#),
            (#"{"a":1.50e+400,"d":"}","b":"\u00e9\/"}"#, #"{"a":1.50e+400,"b":"\u00e9\/"}"#),
        ])
    func drops(body: String, expected: String) {
        #expect(Self.edited(body, Self.edits(drop: ["d", "e", "absent"])) == expected)
    }

    @Test(
        "The model is cut at the first mark, then mapped; every string member of that name, and no other",
        arguments: [
            (#"{"model":"qwen___OpenAI@x"}"#, #"{"model":"qwen"}"#),
            (#"{"model":"gpt___a___b"}"#, #"{"model":"real"}"#), (#"{"model":"gpt"}"#, #"{"model":"real"}"#),
            (#"{"model" : "\u0067pt" }"#, #"{"model" : "real" }"#),
            (#"{"mod\u0065l":"gpt"}"#, #"{"mod\u0065l":"real"}"#),
            (#"{"model":"gpt","model":5,"model":"x_\u005f_y"}"#, #"{"model":"real","model":5,"model":"x"}"#),
            (#"{"model":"____"}"#, #"{"model":""}"#),
            (#"{"model":"q___","x":{"model":"gpt"}}"#, #"{"model":"q","x":{"model":"gpt"}}"#),
            (#"{"model":"a\"b\\___c"}"#, #"{"model":"a\"b\\"}"#), (#"{"model":"odd"}"#, #"{"model":"a\"\\\n\u0001é"}"#),
            (#"{"d":0,"model":"gpt","d":1}"#, #"{"model":"real"}"#),
            (#"{"model":"gpt___a", "d":1}"#, #"{"model":"real"}"#),
        ])
    func rewritesModel(body: String, expected: String) {
        let map = ["gpt": "real", "gpt___a": "never", "real": "no chain", "odd": "a\"\\\n\u{1}é"]
        #expect(Self.edited(body, Self.edits(drop: ["d"], map: map, strip: true)) == expected)
    }

    @Test("The map alone sees the whole name, and a dropped model is not rewritten")
    func combines() {
        #expect(
            Self.edited(#"{"model":"gpt___a"}"#, Self.edits(map: ["gpt___a": "b", "gpt": "c"])) == #"{"model":"b"}"#)
        #expect(Self.edited(#"{"model":"gpt"}"#, Self.edits(drop: ["model"], map: ["gpt": "c"])) == "{}")
        #expect(Self.edited(#"{"":1,"a":2}"#, Self.edits(drop: [""])) == #"{"a":2}"#)
    }

    @Test(
        "Where there is nothing to edit the original is sent",
        arguments: [
            "{}", #"{"a":1}"#, #"{"model":"same"}"#, #"{"model":"s\u0061me"}"#, #"{"model":null}"#,
            #"{"model":["gpt"]}"#,
            #"{"model":"GPT"}"#, #"{"x":{"d":1,"model":"gpt"}}"#, #"{"D":1}"#, #"{"model":"a__b"}"#,
            "{\"model\":\"e\u{301}\"}",
        ])
    func leavesAlone(body: String) {
        let splicer = Self.edits(drop: ["d"], map: ["same": "same", "gpt": "real", "\u{e9}": "no"], strip: true)
        let bytes = Array(body.utf8)
        #expect(splicer.splice(bytes.span) == .unchanged)
    }

    @Test(
        "A body that is not one valid JSON object passes unchanged, and says so",
        arguments: [
            "", "[]", "null", #"[{"d":1}]"#, #"{"d":1"#, #"{"d":1}}"#, #"{"d":1,}"#, #"{"d":1}x"#, "\u{FEFF}{\"d\":1}",
            #"{"d":1 "a":2}"#, #"{"d":01}"#, #"{"d":1,"a":"\x"}"#, "d=1", #"{"d":1}{"d":1}"#, "{\"d\":1}\u{0}",
            #"{"d":"# + String(repeating: "[", count: 2_000) + String(repeating: "]", count: 2_000) + "}",
        ])
    func passesBroken(body: String) {
        let bytes = Array(body.utf8)
        let splicer = Self.edits(drop: ["d"])
        guard case .notAnObject = splicer.splice(bytes.span) else {
            Issue.record("edited \(body)")
            return
        }
        #expect(splicer.edited(bytes.span) == nil)
    }

    @Test("A body that is not UTF-8 passes unchanged")
    func passesMalformedUTF8() {
        let bytes = Array("{\"d\":\"".utf8) + [0xFF] + Array("\"}".utf8)
        #expect(Self.edits(drop: ["d"]).splice(bytes.span) == .notAnObject(JSONError(.malformedUTF8, at: 0)))
    }
}
