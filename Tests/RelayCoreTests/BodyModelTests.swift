// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

@Suite struct BodyModelTests {
    static func find(_ body: String, _ contentType: String? = "application/json") -> String? {
        let bytes = Array(body.utf8)
        return BodyModel.find(in: bytes.span, contentType: contentType)
    }

    @Test(
        "The top-level model is found, the last of several, escapes decoded",
        arguments: [
            (#"{"model":"gpt-4o"}"#, "gpt-4o"),
            (" \r\n\t{ \"messages\" : [ ] , \"model\"\n:\t\"m\" } \n", "m"),
            (#"{"model":"a","model":"b"}"#, "b"),
            (#"{"model":1,"model":"b"}"#, "b"),
            (#"{"mod\u0065l":"a"}"#, "a"),
            (#"{"\u006D\u006f\u0064\u0065\u006C":"a\/b\u00e9\ud83d\ude00\"\\"}"#, "a/bé\u{1F600}\"\\"),
            (#"{"x":{"model":"inner"},"model":"outer","y":[{"model":"inner"}]}"#, "outer"),
            (#"{"x":"\"model\":\"no\"","model":""}"#, ""),
            (#"{"model":"你好","n":1e400,"big":123456789012345678901234567890}"#, "你好"),
            (#"{"model":"a","x":"\ud800"}"#, "a"),
            (#"{"model":"a\ud800"}"#, "a\u{FFFD}"),
        ])
    func finds(body: String, model: String) {
        #expect(Self.find(body) == model)
        #expect(Self.find(body, nil) == model)
    }

    @Test(
        "No model, no string, no valid object: nothing",
        arguments: [
            "", " ", "null", "[]", #"["model","a"]"#, #""model""#, "{}", #"{"Model":"a"}"#, #"{"model ":"a"}"#,
            #"{"model":null}"#, #"{"model":1}"#, #"{"model":["a"]}"#, #"{"model":{"id":"a"}}"#,
            #"{"model":"a","model":null}"#, #"{"x":{"model":"a"}}"#, "\u{FEFF}{\"model\":\"a\"}",
            #"{"model":"a"}x"#, #"{"model":"a"}{"model":"b"}"#, #"{"model":"a",}"#, #"{"model":"a","x":tru}"#,
            #"{"model":"a","x":01}"#, #"{"model":"a","x":"\x"}"#, "{\"model\":\"a\",\"x\":\"\n\"}",
            #"{"model":"\ud8"}"#,
            "model=a", #"{"model":'a'}"#, #"[{"model":"a"}]"#, #"{"mod\u0065":"a"}"#,
        ])
    func findsNothing(body: String) {
        #expect(Self.find(body) == nil)
    }

    @Test("A body cut anywhere, or not UTF-8, has no model")
    func survivesDamage() {
        let body = Array(#"{"model":"a\u00e9","x":[1.5e3,{"y":null}],"z":"\ud83d\ude00"}"#.utf8)
        #expect(BodyModel.findInJSON(body.span) == "aé")
        for length in 0..<body.count {
            let cut = Array(body[..<length])
            #expect(BodyModel.findInJSON(cut.span) == nil)
        }
        for place in body.indices {
            var spoiled = body
            spoiled[place] = 0xFF
            #expect(BodyModel.findInJSON(spoiled.span) == nil)
        }
    }

    @Test("Deep nesting is judged without recursion")
    func survivesDepth() {
        let levels = 1_000_000
        #expect(Self.find(#"{"model":"a","x":"# + String(repeating: "[", count: levels)) == nil)
        #expect(Self.find(#"{"x":"# + String(repeating: #"{"x":"#, count: levels)) == nil)
        let allowed = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(Self.find(#"{"model":"a","x":"# + allowed + "}") == "a")
    }
}
