// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

@Suite struct RouteModelListTests {
    private let models = ModelList([
        ModelEntry(id: "qwen\"3", maxModelLength: 32_768), ModelEntry(id: "ft:acme/x"), ModelEntry(id: "ft:acme/x"),
    ])

    @Test func `the list has OpenAI's shape, in the order given, each id once`() throws {
        let answer = models.answer(id: nil)
        let json = try JSONValue(parsing: answer.body)
        #expect(answer.status == 200)
        #expect(json["object"] == .string("list"))
        #expect(json.value(at: "/data/0/id") == .string("qwen\"3"))
        #expect(json.value(at: "/data/0/max_model_len") == .number("32768"))
        #expect(json.value(at: "/data/0/object") == .string("model"))
        #expect(json.value(at: "/data/0/created") == .number("0"))
        #expect(json.value(at: "/data/0/owned_by") == .string("tokenrelay"))
        #expect(json.value(at: "/data/1/id") == .string("ft:acme/x"))
        #expect(json.value(at: "/data/1/max_model_len") == nil)
        #expect(json.value(at: "/data/2") == nil)
    }

    @Test func `one model is found by its whole id`() throws {
        let answer = models.answer(id: "ft:acme/x")
        #expect(answer.status == 200)
        #expect(try JSONValue(parsing: answer.body)["id"] == .string("ft:acme/x"))
    }

    @Test("an unknown model is 404 in OpenAI's shape", arguments: ["", "x", "FT:acme/x", "\u{0}\"\\", "模型"])
    func unknown(id: String) throws {
        let answer = models.answer(id: id)
        let json = try JSONValue(parsing: answer.body)
        #expect(answer.status == 404)
        #expect(json.value(at: "/error/type") == .string("relay_error"))
        #expect(json.value(at: "/error/code") == .string("model_not_found"))
        #expect(json.value(at: "/error/message")?.stringValue?.hasPrefix("relay: ") == true)
    }

    @Test func `the empty list is a whole list`() {
        #expect(String(decoding: ModelList.empty.body, as: UTF8.self) == #"{"object":"list","data":[]}"#)
        #expect(ModelList.empty.status == 200)
    }
}
