// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import Testing

@testable import RelayCore

@Suite struct BodyUsageTests {
    static func read(_ body: [UInt8], stream: Bool, splitAt places: [Int] = []) -> (UsageCounts?, String?) {
        var observer = stream ? UsageObserver.eventStream : UsageObserver.document
        var start = 0
        for place in places + [body.count] {
            let piece = Array(body[start..<place])
            observer.observe(piece.span)
            start = place
        }
        return (observer.counts, observer.model)
    }

    static func read(document: String) -> UsageCounts? { read(Array(document.utf8), stream: false).0 }

    static let answers: [(String, UsageCounts)] = [
        (
            #"{"id":"x","choices":[{"message":{"content":"usage"}}],"usage":{"#
                + #""prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"#
                + #""prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}"#,
            UsageCounts(prompt: 7, completion: 3, cached: 4, reasoning: 2)
        ),
        (
            #"{"usage":{"input_tokens":7,"output_tokens":3,"input_tokens_details":{"cached_tokens":4},"#
                + #""output_tokens_details":{"reasoning_tokens":2}}}"#,
            UsageCounts(prompt: 7, completion: 3, cached: 4, reasoning: 2)
        ),
        (
            #"{"type":"response.completed","response":{"output":[{"usage":{"input_tokens":99}}],"#
                + #""usage":{"input_tokens":7,"output_tokens":3}}}"#,
            UsageCounts(prompt: 7, completion: 3)
        ),
        (#"{"data":[[1.5,{"usage":{"total_tokens":9}}]],"usage":{"total_tokens":5}}"#, UsageCounts(prompt: 5)),
        (#"{"results":[],"meta":{"tokens":{"input_tokens":5,"output_tokens":0}}}"#, UsageCounts(prompt: 5)),
        (#"{"usage":{"completion_tokens":3,"total_tokens":10}}"#, UsageCounts(prompt: 7, completion: 3)),
        (
            #"{"usage":{"prompt_tokens":7.0,"completion_tokens":3e0,"prompt_tokens_details":null}}"#,
            UsageCounts(prompt: 7, completion: 3)
        ),
        (#" { "usage" : { "prompt_tokens" : 0 } , "x" : 1 } "#, UsageCounts()),
        (#"{"usage":{"prompt_tokens":1},"usage":{"prompt_tokens":2}}"#, UsageCounts(prompt: 2)),
        (#"{"usage":{"prompt_tokens":1},"usage":null}"#, UsageCounts(prompt: 1)),
        (#"{"usage":{"prompt_tokens":1},"usage":{"x":1}}"#, UsageCounts(prompt: 1)),
        (#"{"a":"\"}{","b":"\\","usage":{"prompt_tokens":1,"s":"}\"}"}}"#, UsageCounts(prompt: 1)),
        (#"{"usage":{"prompt_tokens":1}"#, UsageCounts(prompt: 1)),
        (#"{"response":null,"usage":{"prompt_tokens":1}}"#, UsageCounts(prompt: 1)),
        (
            #"{"response":{"response":{"usage":{"prompt_tokens":2}}},"usage":{"prompt_tokens":1}}"#,
            UsageCounts(prompt: 1)
        ),
    ]

    @Test("Chat, responses, embeddings and rerank answers are understood", arguments: answers)
    func understands(document: String, expected: UsageCounts) {
        let bytes = Array(document.utf8)
        for place in 0...bytes.count {
            #expect(Self.read(bytes, stream: false, splitAt: [place]).0 == expected)
        }
        #expect(Self.read(bytes, stream: false, splitAt: Array(bytes.indices)).0 == expected)
    }

    @Test(
        "What is no usage of the answer is left alone",
        arguments: [
            "", "null", "[]", #"[{"usage":{"prompt_tokens":1}}]"#, #"{"usage":null}"#, #"{"usage":5}"#,
            #"{"usage":[{"prompt_tokens":1}]}"#,
            #"{"usage":{}}"#, #"{"usage":{"prompt_tokens":-1}}"#, #"{"usage":{"prompt_tokens":1.5}}"#,
            #"{"usage":{"prompt_tokens":"1"}}"#,
            #"{"usage":{"prompt_tokens":1e30}}"#, #"{"usage":{"prompt_tokens":9223372036854775807}}"#,
            #"{"usage":{"prompt_tokens":true}}"#,
            #"{"x":{"usage":{"prompt_tokens":1}}}"#, #"{"x":"\"usage\":{\"prompt_tokens\":1}"}"#,
            #"{"usages":{"prompt_tokens":1}}"#,
            #"{"usage ":{"prompt_tokens":1}}"#, #"{"usage":{"prompt_tokens":1"#, #"{"usage":{"prompt_tokens":01}}"#,
            #"{}{"usage":{"prompt_tokens":1}}"#, #"{"x":"usage","y":{"prompt_tokens":1}}"#,
            #"}{"usage":{"prompt_tokens":1}}"#,
            #"{"meta":{"usage":{"prompt_tokens":1}}}"#, #"{"tokens":{"prompt_tokens":1}}"#, "<html>\"usage\":{}</html>",
        ])
    func leavesAlone(document: String) {
        #expect(Self.read(document: document) == nil)
    }

    @Test("The model of the answer is read, the first that is not empty")
    func readsModel() {
        func model(_ text: String) -> String? { Self.read(Array(text.utf8), stream: false).1 }
        #expect(model(#"{"model":"q\u0077en\/7b","choices":[{"model":"no"}]}"#) == "qwen/7b")
        #expect(model(#"{"response":{"model":"m"}}"#) == "m")
        #expect(model(#"{"model":"","response":{"model":"m"},"model":"later"}"#) == "m")
        #expect(model(#"{"model":["m"],"x":{"model":"m"}}"#) == nil)
        #expect(model(#"{"model":"\#(String(repeating: "m", count: 300))"}"#) == nil)
        #expect(model(#"{"model":"torn"#) == nil)
    }

    @Test("A usage object beyond 16 KiB is given up, and what follows is still read")
    func boundsCapture() {
        let long = #"{"prompt_tokens":1,"x":"\#(String(repeating: "y", count: 16_384))"}"#
        #expect(Self.read(document: #"{"usage":\#(long)}"#) == nil)
        #expect(Self.read(document: #"{"usage":\#(long),"usage":{"prompt_tokens":2}}"#) == UsageCounts(prompt: 2))
    }

    @Test("Nesting of any depth passes")
    func survivesDepth() {
        let deep = String(repeating: "[", count: 300_000)
        #expect(Self.read(document: #"{"x":"# + deep) == nil)
        let closed = deep + String(repeating: "]", count: 300_000)
        #expect(Self.read(document: #"{"x":\#(closed),"usage":{"prompt_tokens":2}}"#) == UsageCounts(prompt: 2))
        #expect(Self.read(document: #"{"usage":{"x":\#(closed)}}"#) == nil)
    }

    @Test(
        "Only readable answers get an observer",
        arguments: [
            ("text/event-stream", nil, true), ("Text/Event-Stream; charset=utf-8", "identity", true),
            ("application/json", "", true), ("application/json;charset=utf-8", nil, true),
            ("application/problem+json", nil, true),
            ("application/json", "gzip", false), ("text/event-stream", "br", false), ("audio/mpeg", nil, false),
            (nil, nil, false), ("", nil, false), ("application/jsonl", nil, false),
        ] as [(String?, String?, Bool)])
    func chooses(contentType: String?, contentEncoding: String?, expected: Bool) {
        var fields: FieldSection = [:]
        if let contentType { fields.append(name: "Content-Type", value: contentType) }
        #expect((UsageObserver(MediaType(of: fields), contentEncoding: contentEncoding) != nil) == expected)
    }
}
