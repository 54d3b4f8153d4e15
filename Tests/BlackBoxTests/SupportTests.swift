// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

@Suite("Small tools")
struct SupportTests {
    @Test(
        "SHA-256 of the standard's examples, whatever the pieces",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1000),
                "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
            ),
        ])
    func sha256(text: String, digest: String) {
        for size in [1, 55, 56, 63, 64, 65, 1000] {
            var hash = SHA256()
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                hash.update(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(hash.hexDigest() == digest)
        }
    }

    @Test("JSON keeps booleans, numbers and order apart")
    func json() throws {
        let text = #"{"b":true,"n":1,"f":1.5,"s":"a\"\n\u0001é","z":null,"l":[0,false]}"#
        let parsed = try #require(JSON(parsing: Array(text.utf8)))
        #expect(parsed["b"] == .bool(true))
        #expect(parsed["n"] == .int(1))
        #expect(parsed["f"] == .double(1.5))
        #expect(parsed["s"] == .string("a\"\n\u{1}é"))
        #expect(parsed["l"] == [0, false])
        #expect(JSON(parsing: parsed.bytes) == parsed)
        let written: JSON = ["z": 1, "a": nil]
        #expect(written.rendered == #"{"z":1,"a":null}"#)
    }

    @Test("a child's output is kept to the last byte, and its end is told")
    func childProcess() async throws {
        try await onThread {
            let child = try TestProcess(
                executable: "/bin/sh",
                arguments: ["-c", "echo '{\"msg\":\"'$GIVEN'\"}'; printf rest; echo bad >&2; exit 3"],
                environment: ["GIVEN": "hello"])
            #expect(child.waitForLine { $0.string("msg") == "hello" } != nil)
            #expect(child.waitForExit() == .code(3))
            #expect(child.standardOutput == "{\"msg\":\"hello\"}\nrest")
            #expect(child.standardError == "bad\n")
            #expect(child.waitForLine { $0.text == "never" } == nil)
            let sleeper = try TestProcess(executable: "/bin/sleep", arguments: ["60"])
            #expect(ProcessFigures(of: sleeper.processID)?.threads == 1)
            sleeper.kill()
            #expect(sleeper.waitForExit() == .signal(9))
        }
    }

    @Test("an issuer follows its script, then issues again")
    func issuer() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer(lifetime: 7)
            issuer.script(.status(503, json: "{}"), .close, .template(200, #"{"data":{"t":"TOKEN"}}"#))
            func ask() throws -> ReceivedResponse {
                try RawClient(port: issuer.port).exchange("POST", "/oauth/token", body: Array("a=b".utf8))
            }
            #expect(try ask().status == 503)
            #expect(throws: SupportError.closedByPeer("a response came")) { try ask() }
            #expect(JSON(parsing: try ask().body)?["data"]?["t"]?.text == issuer.issued.last)
            let answer = try #require(JSON(parsing: try ask().body))
            #expect(answer["expires_in"] == 7)
            #expect(answer["access_token"]?.text == issuer.issued.last)
            #expect(issuer.callCount == 4)
            #expect(issuer.calls[0].bodyText == "a=b")
            #expect(issuer.mostInFlight == 1)
        }
    }
}
