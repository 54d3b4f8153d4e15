// SPDX-License-Identifier: Apache-2.0

import RelayCore
import Testing

@Suite struct LogBodyTests {
    private func body(
        _ mode: LogConfiguration.Bodies, _ pieces: [[UInt8]], secrets: [Secret] = []
    ) throws -> JSONValue? {
        var capture = BodyCapture(mode)
        for piece in pieces { capture.append(copying: piece.span) }
        let record = capture.record(.request, requestID: "r-1", secrets: secrets)
        return try record.map { try JSONValue(parsing: Array($0.render(.json, unixNanoseconds: 0).dropLast())) }
    }

    @Test func `Off keeps and writes nothing`() throws {
        #expect(try body(.off, [Array("secret".utf8)]) == nil)
        #expect(try body(.full, []) == nil)
    }

    @Test(arguments: [(LogConfiguration.Bodies.head, 2_048), (.full, 1_048_576)])
    func `A body is cut at the limit of its mode, and its true length told`(
        _ mode: LogConfiguration.Bodies, _ limit: Int
    ) throws {
        let exact = try body(mode, [Array(repeating: 0x61, count: limit - 1), [0x62]])
        #expect(exact?["cut"] == .bool(false))
        let object = try body(mode, Array(repeating: Array(repeating: 0x61, count: limit / 2 + 7), count: 4))
        #expect(object?["body"]?.stringValue?.utf8.count == limit)
        #expect(object?["bytes"] == .number(String((limit / 2 + 7) * 4)))
        #expect(object?["cut"] == .bool(true))
    }

    @Test func `A full body of control characters is not cut by its escapes`() throws {
        let object = try body(.full, [Array(repeating: 0x01, count: 1 << 20)])
        #expect(object?["body"]?.stringValue?.utf8.count == 1 << 20)
    }

    @Test(arguments: ["é", "中", "😀"])
    func `A character cut in two at the limit does not make text binary`(_ character: String) throws {
        for padding in 2_044..<2_048 {
            let text = String(repeating: "a", count: padding) + character + "tail"
            let object = try body(.head, [Array(text.utf8)])
            #expect(object?["encoding"]?.stringValue == "text")
            #expect(object?["body"]?.stringValue?.hasPrefix("aaaa") == true)
        }
    }

    @Test(arguments: [[UInt8]([0xFF, 0xFB, 0x90]), [0x52, 0x49, 0x00, 0x46], [0xC3]])
    func `Binary comes as base64`(_ bytes: [UInt8]) throws {
        let object = try body(.head, [bytes])
        #expect(object?["encoding"]?.stringValue == "base64")
        #expect(object?["body"]?.stringValue == Base64.encoded(bytes))
    }

    @Test(arguments: hostileTexts)
    func `A hostile body stays inside its string`(_ text: String) throws {
        guard !text.isEmpty, !text.utf8.contains(0) else { return }
        #expect(try body(.head, [Array(text.utf8)])?["body"]?.stringValue == text)
    }

    /// Each holds the canary where a credential may stand.
    @Test(arguments: [
        #"{"api_key":"CANARY-1"}"#, #"{"Authorization": "Bearer CANARY-1"}"#, "authorization: bearer CANARY-1\r\n",
        "Proxy-Authorization: Basic CANARY-1", "client_id=a&client_secret=CANARY-1&grant=x",
        #"{"password":"p\"CANARY-1"}"#,
        #"{"password" : "with space CANARY-1 end"}"#, #"{"log":"{\"access_token\":\"CANARY-1\"}"}"#,
        "api-key='CANARY-1'",
        "curl -H 'x-api-key: CANARY-1'", "say Bearer CANARY-1 loud", "token=CANARY-1", #"{"refresh_token":"CANARY-1"#,
        "sk-CANARY-1-0123456789abcdef", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJDQU5BUlkifQ.CANARY-1",
        "my known-secret-CANARY-1!",
    ])
    func `What looks like a credential is blotted out`(_ text: String) throws {
        let known = [Secret("known-secret-CANARY-1"), Secret(""), Secret("abc")]
        let object = try body(.head, [Array(text.utf8)], secrets: known)
        let shown = try #require(object?["body"]?.stringValue)
        #expect(!shown.contains("CANARY"), "\(shown)")
        #expect(shown.contains("<redacted>"))
    }

    @Test(arguments: [
        #"{"model":"qwen","max_tokens":100,"messages":[{"role":"user","content":"what is a token?"}]}"#,
        #"{"usage":{"prompt_tokens":3,"total_tokens":5}}"#, #"{"tokens":[1,2],"token":[1]}"#, "data: [DONE]\n\n",
        "the authorization was given; a password:", "the bearer",
    ])
    func `Ordinary bodies come out unchanged`(_ text: String) throws {
        #expect(try body(.head, [Array(text.utf8)])?["body"]?.stringValue == text)
    }

    @Test func `A known secret is found across pieces and at the cut end`() throws {
        let secret = "s3cr3t/with+odd=chars"
        let split = [Array("x=\"".utf8) + secret.utf8.prefix(5), Array(secret.utf8.dropFirst(5)) + Array("\"".utf8)]
        #expect(try body(.head, split, secrets: [Secret(secret)])?["body"]?.stringValue == "x=\"<redacted>\"")
        let long = String(repeating: "a", count: 2_048 - 10) + secret
        let shown = try body(.head, [Array(long.utf8)], secrets: [Secret(secret)])?["body"]?.stringValue
        #expect(shown?.hasSuffix("a<redacted>") == true)
    }
}
