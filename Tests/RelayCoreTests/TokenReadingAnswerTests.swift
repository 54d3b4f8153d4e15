// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

private typealias Fixture = TokenReadingFixture

/// Answers of token endpoints people meet, as their documentation prints them.
private struct Shape: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let body: String
    var fields: [String: String] = [:]
    var token: TokenReading.Place = .json("/access_token")
    var expiry: TokenReading.ExpiryPlace = .json("/expires_in")
    var kind: TokenReading.ExpiryKind = .auto
    var success: TokenReading.Success?
    var seconds: Int64 = 300

    init(_ name: String, _ body: String) { (testDescription, self.body) = (name, body) }

    func with(_ change: (inout Shape) -> Void) -> Shape {
        var copy = self
        change(&copy)
        return copy
    }

    static let all: [Shape] = [
        Shape(
            "Keycloak",
            #"{"access_token":"tok","expires_in":300,"refresh_expires_in":1800,"refresh_token":"r","token_type":"Bearer","not-before-policy":0,"scope":"email"}"#
        ),
        Shape(
            "Entra v1",
            #"{"token_type":"Bearer","expires_in":"3599","ext_expires_in":"3599","expires_on":"1744083668","access_token":"tok"}"#
        )
        .with { $0.seconds = 3_599 },
        Shape(
            "Azure IMDS",
            #"{"access_token":"tok","refresh_token":"","expires_in":"3599","expires_on":"1744083669","not_before":"1744079769","resource":"https://x/","token_type":"Bearer"}"#
        )
        .with {
            $0.expiry = .json("/expires_on"); $0.seconds = 3_600
        },
        Shape("Feishu", #"{"code":0,"msg":"ok","tenant_access_token":"tok","expire":7140}"#)
            .with {
                $0.token = .json("/tenant_access_token"); $0.expiry = .json("/expire");
                $0.success = .init(pointer: "/code", values: ["0"]); $0.seconds = 7_140
            },
        Shape("Huawei IAM", #"{"token":{"expires_at":"2025-04-09T02:41:09.000000Z","methods":["password"]}}"#)
            .with {
                $0.fields = ["x-subject-token": "tok"]; $0.token = .header("X-Subject-Token");
                $0.expiry = .json("/token/expires_at"); $0.kind = .iso; $0.seconds = 86_400
            },
        Shape(
            "Baidu",
            #"{"refresh_token":"r","expires_in":2592000,"session_key":"s","access_token":"tok","scope":"public","session_secret":"x"}"#
        )
        .with { $0.seconds = 86_400 },
        Shape("DashScope", #"{"token":"tok","expires_at":1744080129}"#)
            .with {
                $0.token = .json("/token"); $0.expiry = .json("/expires_at"); $0.kind = .epochSeconds; $0.seconds = 60
            },
        Shape(
            "IBM IAM",
            #"{"access_token":"tok","refresh_token":"not_supported","token_type":"Bearer","expires_in":3600,"expiration":1744083669,"scope":"ibm openid"}"#
        )
        .with { $0.seconds = 3_600 },
        Shape("IBM IAM by expiration", #"{"access_token":"tok","expires_in":3600,"expiration":1744083669}"#)
            .with {
                $0.expiry = .json("/expiration"); $0.seconds = 3_600
            },
        Shape("Copilot", #"{"token":"tok","expires_at":1744081869,"refresh_in":1500}"#)
            .with {
                $0.token = .json("/token"); $0.expiry = .json("/expires_at"); $0.seconds = 1_800
            },
        Shape(
            "Apigee",
            #"{"token_type":"BearerToken","access_token":"tok","issued_at":"1744080069000","expires_in":"1799"}"#
        )
        .with { $0.seconds = 1_799 },
        Shape("in-house, seconds", #"{"code":0,"msg":"success","data":{"token":"tok","expireTime":300}}"#).inHouse(),
        Shape("in-house, seconds as text", #"{"code":0,"data":{"token":"tok","expireTime":"300"}}"#).inHouse(),
        Shape("in-house, milliseconds", #"{"code":0,"data":{"token":"tok","expireTime":300000}}"#).inHouse(
            .millisecondsFromNow),
        Shape("in-house, epoch", #"{"code":0,"data":{"token":"tok","expireTime":1744080369}}"#).inHouse(),
        Shape("in-house, epoch milliseconds", #"{"code":0,"data":{"token":"tok","expireTime":1744080369000}}"#)
            .inHouse(),
        Shape("in-house, local date", #"{"code":0,"data":{"token":"tok","expireTime":"2025-04-08 10:46:09"}}"#)
            .inHouse(.format("%Y-%m-%d %H:%M:%S", offset: 28_800)),
        Shape(
            "in-house, code as text, byte order mark",
            "\u{FEFF}" + #" {"code":"200","data":{"token":"tok","expireTime":300}}"#
        ).inHouse(),
        Shape("GCP identity, raw", "tok\n").with { $0.token = .body },
        Shape(
            "Salesforce, without expiry",
            #"{"access_token":"tok","instance_url":"https://x","issued_at":"1744080069000","token_type":"Bearer"}"#),
        Shape("a list", #"[{"token":"tok"},{"ttl":"300"}]"#).with {
            $0.token = .json("/0/token"); $0.expiry = .json("/1/ttl")
        },
        Shape("escaped member names", #"{"a/b":{"c~d":"tok"}}"#).with { $0.token = .json("/a~1b/c~0d") },
        Shape(
            "duplicate members: the last counts",
            #"{"access_token":"old","access_token":"tok","expires_in":1,"expires_in":300}"#),
    ]

    private func inHouse(_ kind: TokenReading.ExpiryKind = .auto) -> Shape {
        with {
            $0.token = .json("/data/token")
            $0.expiry = .json("/data/expireTime")
            $0.success = .init(pointer: "/code", values: ["0", "200"])
            $0.kind = kind
        }
    }
}

struct TokenReadingAnswerTests {
    @Test("the answers of known endpoints are read", arguments: Shape.all)
    private func shapes(shape: Shape) throws {
        let grant = try Fixture.read(shape.body, fields: shape.fields.map { ($0.key, $0.value) }) {
            $0.token = shape.token
            $0.expiry = shape.expiry
            $0.expiryKind = shape.kind
            $0.success = shape.success
        }
        #expect(grant.value.reveal == "tok")
        #expect(grant.lifetime == .seconds(shape.seconds))
        #expect(grant.kind == .opaque)
    }

    @Test(
        "an answer without a token names what is there, and never a value",
        arguments: [
            (#"{"code":5,"msg":"canary"}"#, "the answer has no string at json:/data/token; members there: code, msg"),
            (
                #"{"data":{"tok":"canary","x y":1}}"#,
                "the answer has no string at json:/data/token; members there: tok, (an odd name)"
            ),
            (#"{"data":{}}"#, "the answer has no string at json:/data/token; there are no members"),
            (#"{"data":"canary"}"#, "the answer has no string at json:/data/token: there is a string at json:/data"),
            (#"{"data":{"token":12345}}"#, "the answer has no string at json:/data/token: there is a number"),
            (#"{"data":{"token":true}}"#, "the answer has no string at json:/data/token: there is true or false"),
            (#"{"data":{"token":null}}"#, "the answer has no string at json:/data/token: there is null"),
            (
                #"{"data":{"token":{"value":"canary"}}}"#,
                "the answer has no string at json:/data/token: there is an object; members there: value"
            ),
            (#"["canary"]"#, "the answer has no string at json:/data/token: there is a list at its top"),
            ("", "the answer is empty"), (" \n", "the answer is empty"),
            (
                "<html>canary</html>",
                "the answer is not JSON (an unexpected byte); it looks like a web page: check the address"
            ),
            (#"{"data":"#, "the answer is not JSON (the text ends early)"),
            (
                "\u{1F}x",
                "the answer is not JSON (an unexpected byte); it is compressed, though that was not asked for"
            ),
            (#"{"data":{"token":""}}"#, "the token at json:/data/token is empty"),
        ])
    func missingToken(body: String, text: String) {
        let problem = Fixture.problem { () throws(TokenReadingProblem) in
            try Fixture.read(body) { $0.token = .json("/data/token") }
        }
        #expect(problem?.text == text)
        #expect(problem?.kind == .badAnswer)
    }

    @Test(
        "an answer that names its error has not succeeded",
        arguments: [
            (#"{"error":"invalid_client","error_description":"canary"}"#, "invalid_client"),
            (#"{"error":{"code":"expired","message":"canary"}}"#, "expired"),
            (#"{"errcode":40013,"errmsg":"x"}"#, "40013"),
            (#"{"error_code":110}"#, "110"),
        ])
    func errorInside(body: String, code: String) {
        let problem = Fixture.problem { () throws(TokenReadingProblem) in try Fixture.read(body) }
        #expect(problem?.kind == .unsuccessful(code: code))
    }

    @Test(
        "the success test compares text, whatever the JSON type",
        arguments: [
            (#"{"code":0,"access_token":"t"}"#, true), (#"{"code":"0","access_token":"t"}"#, true),
            (#"{"code":200,"access_token":"t"}"#, true),
            (#"{"code":1,"access_token":"t"}"#, false), (#"{"access_token":"t"}"#, false),
            (#"{"code":null,"access_token":"t"}"#, false),
            (#"{"code":[0],"access_token":"t"}"#, false), (#"{"code":false,"access_token":"t"}"#, false),
        ])
    func success(body: String, isGood: Bool) {
        let problem = Fixture.problem { () throws(TokenReadingProblem) in
            try Fixture.read(body) { $0.success = .init(pointer: "/code", values: ["0", "200"]) }
        }
        #expect((problem == nil) == isGood)
    }

    @Test("the code of an unsuccessful answer is told, a sentence is not")
    func unsuccessfulCode() {
        func kind(_ code: String) -> TokenReadingProblem.Kind? {
            Fixture.problem { () throws(TokenReadingProblem) in
                try Fixture.read(#"{"code":\#(code)}"#) { $0.success = .init(pointer: "/code", values: ["0"]) }
            }?.kind
        }
        #expect(kind("40013") == .unsuccessful(code: "40013"))
        #expect(kind(#""wrong password hunter2""#) == .unsuccessful(code: nil))
    }

    @Test(
        "a token that would break a header is refused without being shown",
        arguments: ["a b", "a\\r\\nX: y", "a\\u0000", "a\\tb", "schl\\u00fcssel", "a\\u007f", "\\ud83d\\ude00"])
    func illegalToken(token: String) {
        let problem = Fixture.problem { () throws(TokenReadingProblem) in
            try Fixture.read(#"{"access_token":"\#(token)"}"#)
        }
        #expect(problem?.kind == .illegalToken)
        #expect(problem?.failure == TokenFetchFailure(.illegalToken))
    }

    @Test("messages in another encoding do not hide the token")
    func gbk() throws {
        let body = Array(#"{"msg":""#.utf8) + [0xB3, 0xC9, 0xB9, 0xA6] + Array(#"","access_token":"tok"}"#.utf8)
        let grant = try TokenAnswerReader(TokenReading()).read(
            TokenAnswer(fields: [], body: body), clock: Fixture.clock())
        #expect(grant.value.reveal == "tok")
    }

    @Test("a scheme inside the value is cut off and told", arguments: ["Bearer tok", "bearer  tok"])
    func scheme(value: String) throws {
        let grant = try Fixture.read(#"{"access_token":"\#(value)","expires_in":300}"#)
        #expect(grant.value.reveal == "tok")
        #expect(grant.warnings == [.schemeInToken])
    }

    @Test(
        "files and programs are understood in every usual form",
        arguments: [
            ("tok\n", 0), (" \t tok \r\n\r\n", 0), (#"{"access_token":"tok","expires_in":300}"#, 300),
            (
                #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"tok","expirationTimestamp":"2025-04-08T02:46:09Z"}}"#,
                300
            ),
            (#"{"kind":"ExecCredential","status":{"token":"tok"}}"#, 0),
            (#"{"token":"tok","expires_at":1744080369}"#, 300),
            (#"{"token":"tok","expiration":"2025-04-08T10:46:09+08:00"}"#, 300),
            (#"{"accessToken":"tok","expiresOn":"2025-04-08 10:46:09.000000","expires_on":1744080369}"#, 300),
        ])
    func localForms(text: String, seconds: Int64) throws {
        let answer = TokenAnswer(local: Array(text.utf8), name: "the file")
        let file = try LocalTokenReader(TokenReading(), isUnlimitedWithoutExpiry: true).read(
            answer, clock: Fixture.clock())
        #expect(file.value.reveal == "tok")
        #expect(file.lifetime == (seconds == 0 ? nil : .seconds(seconds)))
        #expect(file.warnings.isEmpty)
        let program = try LocalTokenReader(TokenReading()).read(answer, clock: Fixture.clock())
        #expect(program.lifetime == .seconds(300))
        #expect(program.warnings == (seconds == 0 ? [.defaultLifetime] : []))
    }

    @Test("a place the operator named is the only one looked at")
    func explicitPlace() throws {
        var reading = TokenReading()
        (reading.token, reading.isExplicit) = (.json("/a/b"), true)
        let reader = LocalTokenReader(reading)
        let found = try reader.read(
            TokenAnswer(local: Array(#"{"a":{"b":"tok"},"token":"no"}"#.utf8), name: "the file"), clock: Fixture.clock()
        )
        #expect(found.value.reveal == "tok")
        let problem = Fixture.problem { () throws(TokenReadingProblem) in
            try reader.read(TokenAnswer(local: Array("plain".utf8), name: "the file"), clock: Fixture.clock())
        }
        #expect(problem?.text.hasPrefix("the file is not JSON") == true)
    }
}
