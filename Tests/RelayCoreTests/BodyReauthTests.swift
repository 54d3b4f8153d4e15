// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

@Suite struct BodyReauthTests {
    static let rules = ReauthBodyRules([
        ReauthRule(status: 401), ReauthRule(status: 403, pointer: "/code", values: ["40301"]),
        ReauthRule(status: 400, pointer: "/error/code", values: ["token_expired", "true", "null"]),
        ReauthRule(status: 200, pointer: "/code", values: ["401", "40001", "42001"]),
        ReauthRule(status: 200, pointer: "/errors/0/kind", values: ["auth"]),
        ReauthRule(status: 502, pointer: "/auth_error"),
    ])

    @Test(
        "The status decides, or says that the body does",
        arguments: [
            (401, .refused), (403, .dependsOnBody), (400, .dependsOnBody), (200, .dependsOnBody), (500, .accepted),
            (204, .accepted),
        ] as [(Int, ReauthBodyRules.Verdict)])
    func judgesStatus(status: Int, verdict: ReauthBodyRules.Verdict) {
        #expect(Self.rules.verdict(status: status) == verdict)
    }

    @Test(
        "Bodies that a rule describes refuse the token",
        arguments: [
            (401, ""), (403, #"{"code":40301}"#), (403, #"{"code":"40301"}"#), (403, #"{"code":40301.0}"#),
            (403, #"{"code":4.0301e4}"#), (403, #"{"code":1,"code":40301}"#),
            (400, #"{"error":{"code":"token_expired"}}"#),
            (400, #"{"error":{"code":"token\u005fexpired"}}"#), (400, #"{"error":{"code":true}}"#),
            (400, #"{"error":{"code":null}}"#), (200, #" {"code":42001,"msg":"x"} "#),
            (200, #"{"errors":[{"kind":"auth"}]}"#),
            (502, #"{"auth_error":{"x":1}}"#), (502, #"{"auth_error":0}"#),
        ])
    func refuses(status: Int, body: String) {
        #expect(Self.rules.refuses(status: status, body: Array(body.utf8)))
    }

    @Test(
        "All others do not",
        arguments: [
            (403, ""), (403, "{}"), (403, #"{"code":403010}"#), (403, #"{"code":"40301 "}"#),
            (403, #"{"code":[40301]}"#),
            (403, #"{"code":40301.5}"#), (403, #"{"code":"40301.0"}"#), (403, #"{"code":40301}x"#),
            (403, #"{"code":40301"#),
            (403, #"{"error":{"code":"40301"}}"#), (400, #"{"code":40301}"#),
            (400, #"{"error":{"code":"TOKEN_EXPIRED"}}"#),
            (400, #"{"error":{"code":false}}"#), (200, #"{"code":0}"#), (200, #"data: {"code":401}"#),
            (500, #"{"code":40301}"#),
            (502, #"{"auth_error":null}"#), (502, #"{"auth_error":false}"#), (502, "{}"),
        ])
    func accepts(status: Int, body: String) {
        #expect(!Self.rules.refuses(status: status, body: Array(body.utf8)))
    }

    @Test("A body beyond 64 KiB is not looked into")
    func boundsBody() {
        let frame = #"{"code":401,"x":""}"#.utf8.count
        for (length, expected) in [(65_536, true), (65_537, false)] {
            let body = #"{"code":401,"x":"\#(String(repeating: "y", count: length - frame))"}"#
            #expect(body.utf8.count == length)
            #expect(Self.rules.refuses(status: 200, body: Array(body.utf8)) == expected)
        }
    }
}
