// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore
import Testing

/// Reading the list of keys.
@Suite struct ClientKeyTests {
    private func read(_ text: String) -> [String] {
        ClientKeyList(parsing: text).keys.map { "\($0.name)|\($0.key.reveal)" }
    }

    @Test(
        "keys come by comma or line, with or without a name",
        arguments: [
            ("k", ["|k"]), ("a,b", ["|a", "|b"]), ("a\nb\r\nc\n", ["|a", "|b", "|c"]),
            (" ragflow : k1 , dify:k2 ", ["ragflow|k1", "dify|k2"]),
            ("n:a:b:c", ["n|a:b:c"]), ("# all, of: this\n  # and this\nk,,\n\n,", ["|k"]),
            ("n:a\nn:b", ["n|a", "n|b"]),
            ("k#1,n:#2", ["|k#1", "n|#2"]), ("团队:k", ["团队|k"]), ("\tk\t", ["|k"]),
            ("n:sk-~!@$%^&*()=+/", ["n|sk-~!@$%^&*()=+/"]),
        ])
    func reads(text: String, keys: [String]) {
        #expect(read(text) == keys)
        #expect(ClientKeyList(parsing: text).problems == [])
    }

    @Test(
        "what is wrong is said by place",
        arguments: [
            ("", "no key"), (" , \n# only this", "no key"), ("a,n:", "entry 2"), ("a,b,:k", "entry 3"),
            ("a,\nb,a", "entry 3: the same key as entry 1"),
            ("x:a,y:a", "entry 2"), ("a b", "entry 1"), ("n n:k", "entry 1"), ("kéy", "entry 1"),
            ("n:k\u{1}", "entry 1"),
            ("n\u{1B}[0m:k", "entry 1"), (String(repeating: "n", count: 65) + ":k", "entry 1"), ("n:a\tb", "entry 1"),
            ("\u{202E}n:k", "entry 1"), ("a\0", "entry 1"),
        ])
    func refuses(text: String, problem: String) {
        let problems = ClientKeyList(parsing: text).problems
        #expect(problems.count == 1)
        #expect(problems.first?.contains(problem) == true)
    }

    @Test func `every problem is reported and none shows a key or a name`() {
        let list = ClientKeyList(parsing: "hunter2 x,n4me:hunter3 y,hunter4,q:hunter4,:hunter5,n4me:")
        #expect(list.problems.count == 5)
        #expect(list.keys.count == 1)
        #expect(!list.problems.joined().contains("hunter"))
        #expect(!list.problems.joined().contains("n4me"))
        #expect(!"\(list)".contains("hunter"))
    }
}

/// Deciding who calls.
@Suite struct ClientAuthenticatorTests {
    private let authenticator = ClientAuthenticator(
        keys: ClientKeyList(parsing: "ragflow:k-1,dify:k-22,k-3,ragflow:k-4").keys)

    @Test(
        "one right key in any of the accepted fields suffices",
        arguments: [
            (["Authorization": "Bearer k-1"], "ragflow"), (["authorization": "bearer   k-22"], "dify"),
            (["AUTHORIZATION": "BEARER k-3 "], "default"), (["api-key": "k-4"], "ragflow"),
            (["X-Api-Key": "k-22"], "dify"),
            (["Authorization": "Bearer wrong", "api-key": "k-22"], "dify"),
            (["api-key": "", "x-api-key": "wrong", "Authorization": "Bearer k-3"], "default"),
            (["Authorization": "Basic a2V5", "authorization": "Bearer k-1"], "ragflow"),
            (["Authorization": "Bearer wrong", "Authorization": "Bearer k-22"], "dify"),
            (["Authorization": "Bearer\tk-1"], "ragflow"),
            (["Authorization": "Bearer k-22", "api-key": "k-1"], "dify"),
        ] as [(FieldSection, String)])
    func accepts(fields: FieldSection, client: String) {
        #expect(authenticator.authenticate(fields) == .accepted(client: client))
    }

    @Test(
        "anything else is told as missing or wrong",
        arguments: [
            ([:], .missing), (["Authorization": "k-1"], .missing), (["Authorization": "Basic k-1"], .missing),
            (["Authorization": "Bearer"], .missing), (["Authorization": "Bearer "], .missing),
            (["api-key": ""], .missing),
            (["Authorization": "Bearerk-1"], .missing), (["key": "k-1"], .missing), (["Cookie": "k-1"], .missing),
            (["Authorization": "Bearer k-1x"], .wrong), (["Authorization": "Bearer k-"], .wrong),
            (["api-key": "K-1"], .wrong),
            (["api-key": "Bearer k-1"], .wrong), (["api-key": "ragflow:k-1"], .wrong),
            (["api-key": "k-1,k-22"], .wrong),
            (["Authorization": "Bearer k-1 k-1"], .wrong), (["x-api-key": "k-1\u{0}"], .wrong),
            (["x_api_key": "k-1"], .missing),
            (["Authorization": "Bearer k-1, Bearer k-22"], .wrong),
        ] as [(FieldSection, ClientAuthenticator.Verdict)])
    func rejects(fields: FieldSection, verdict: ClientAuthenticator.Verdict) {
        #expect(authenticator.authenticate(fields) == verdict)
    }

    @Test func `without keys everybody is anonymous, whatever is sent`() {
        let open = ClientAuthenticator(keys: nil)
        #expect(open.authenticate(["Authorization": "Bearer empty"]) == .accepted(client: "anonymous"))
        #expect(open.authenticate([:]) == .accepted(client: "anonymous"))
    }

    @Test func `an empty list of keys admits nobody`() {
        #expect(ClientAuthenticator(keys: []).authenticate(["api-key": "x"]) == .wrong)
        #expect(ClientAuthenticator(keys: []).authenticate(["api-key": ""]) == .missing)
    }
}
