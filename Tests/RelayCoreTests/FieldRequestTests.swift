// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore
import Testing

/// What of a client's fields reaches the gateway.
@Suite struct FieldRequestTests {
    private func policy(_ change: (inout UpstreamConfiguration) -> Void = { _ in }) -> RequestFieldPolicy {
        var upstream = UpstreamConfiguration()
        change(&upstream)
        return RequestFieldPolicy(upstream: upstream)
    }

    private func lines(_ fields: FieldSection) -> [String] { fields.map { "\($0.name): \($0.value)" } }

    @Test(
        "credentials, route, framing and hop fields of the client go, in any case and with underscores",
        arguments: [
            "Authorization", "api-key", "x-api-key", "Cookie", "Host", "Forwarded", "Expect", "Content-Length",
            "Accept-Encoding", "X-Request-Id", "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
            "Transfer-Encoding", "Upgrade", "Proxy-Authorization", "Proxy-Anything", "Proxy-X", "Proxy-Foo",
            "Proxy-Status1", "Proxy-Features", "Proxy-Username1", "X-Forwarded-For", "X-Forwarded-Proto",
            "X-Stainless-Lang", "x-stainless-retry-count",
        ])
    func removed(name: String) {
        for spelling in [name, name.lowercased(), name.uppercased(), name.split(separator: "-").joined(separator: "_")]
        {
            let sent: FieldSection = ["A": "1", spelling: "evil", spelling: "evil2", "B": "2"]
            let fields = policy().fields(from: sent, requestID: "id", token: Secret("t"))
            #expect(!lines(fields).joined().contains("evil"), "\(spelling)")
            #expect(fields.value(of: "a") == "1")
            #expect(fields.value(of: "b") == "2")
        }
    }

    @Test(
        "everything else passes in order, spelling and number",
        arguments: [
            "Content-Type", "content-encoding", "traceparent", "tracestate", "OpenAI-Organization", "X-Real-IP", "Via",
            "User-Agent", "Accept", "Range", "If-None-Match", "Proxy", "X-Forwarded", "X-Stainless", "Hosts", "Cookies",
            "X-Request-Ids", "Authorizations", "api-keys", "Tee", "Idempotency-Key", "Priority",
        ])
    func kept(name: String) {
        let sent: FieldSection = ["z": "0", name: "1", "Y": "2", name.uppercased(): "", name: "1"]
        let fields = policy().fields(from: sent, requestID: "id", token: nil)
        #expect(Array(fields.prefix(5)) == Array(sent))
    }

    @Test func `a value passes octet for octet`() {
        let odd = Field(name: "x-odd", valueBytes: [0xFF, 0x80, 0x09, 0x22, 0xC3])
        let fields = policy().fields(from: FieldSection([odd]), requestID: "id", token: nil)
        #expect(fields.first == odd)
    }

    @Test func `the relay's own fields come last, each once`() {
        let sent: FieldSection = ["Authorization": "Bearer client", "accept": "text/event-stream", "User-Agent": "sdk"]
        let fields = policy { $0.headers = [HeaderPair(name: "X-Team", value: "a b")] }
            .fields(from: sent, requestID: "r-1", token: Secret("tok"))
        #expect(
            lines(fields) == [
                "accept: text/event-stream", "User-Agent: sdk", "Accept-Encoding: identity", "X-Team: a b",
                "X-Request-Id: r-1", "Authorization: Bearer tok",
            ])
    }

    @Test func `without Accept and User-Agent of the client plain ones are sent`() {
        let fields = policy().fields(from: [:], requestID: "r", token: nil)
        #expect(fields.map(\.name) == ["Accept", "User-Agent", "Accept-Encoding", "X-Request-Id"])
        #expect(fields.value(of: "accept") == "*/*")
        #expect(fields.value(of: "user-agent")?.hasPrefix("tokenrelay/") == true)
    }

    @Test(
        "fields named in Connection go, and the relay's own stay",
        arguments: [
            ["close, X-Secret"], ["x-secret"], [" ,, X-SECRET ,"], ["keep-alive", "x-secret"],
            ["Authorization, Host, Content-Length, X-Request-Id, Accept-Encoding, X-Team, x-secret"],
        ])
    func connection(values: [String]) {
        var sent: FieldSection = ["X-Secret": "1", "Content-Type": "a/b"]
        for value in values { sent.append(name: "Connection", value: value) }
        let fields = policy { $0.headers = [HeaderPair(name: "X-Team", value: "t")] }
            .fields(from: sent, requestID: "r", token: Secret("tok"))
        #expect(!fields.contains("x-secret"))
        #expect(!fields.contains("connection"))
        #expect(fields.value(of: "content-type") == "a/b")
        #expect(fields.values(of: "authorization") == ["Bearer tok"])
        #expect(fields.values(of: "x-request-id") == ["r"])
        #expect(fields.values(of: "accept-encoding") == ["identity"])
        #expect(fields.values(of: "x-team") == ["t"])
    }

    @Test func `names the operator sets replace the client's`() {
        let sent: FieldSection = ["x-team": "evil", "X_Team": "evil", "user-agent": "evil", "accept": "evil", "x": "1"]
        let fields = policy {
            $0.headers = [
                HeaderPair(name: "X-Team", value: "t"), HeaderPair(name: "User-Agent", value: "corp"),
                HeaderPair(name: "Accept", value: "a/b"), HeaderPair(name: "X-Team", value: "u"),
            ]
        }.fields(from: sent, requestID: "r", token: nil)
        #expect(!lines(fields).joined().contains("evil"))
        #expect(fields.values(of: "x-team") == ["t", "u"])
        #expect(fields.values(of: "user-agent") == ["corp"])
        #expect(fields.values(of: "accept") == ["a/b"])
    }

    @Test func `configured fields cannot break the message or the request id`() {
        let fields = policy {
            $0.headers = ["Connection", "Content-Length", "Transfer-Encoding", "X-Request-Id", "TE"].map {
                HeaderPair(name: $0, value: "evil")
            }
        }.fields(from: [:], requestID: "r", token: nil)
        #expect(!lines(fields).joined().contains("evil"))
        #expect(fields.values(of: "x-request-id") == ["r"])
    }

    @Test(
        "the token travels as configured",
        arguments: [
            ("Authorization", "Bearer", "Authorization: Bearer tok"), ("X-Token", "", "X-Token: tok"),
            ("api-key", "", "api-key: tok"), ("Cookie", "session", "Cookie: session tok"),
        ])
    func token(header: String, scheme: String, line: String) {
        let sent: FieldSection = [header: "evil", header.lowercased(): "evil", "Authorization": "evil"]
        let fields = policy {
            $0.authHeader = header
            $0.authScheme = scheme
        }.fields(from: sent, requestID: "r", token: Secret("tok"))
        #expect(lines(fields).last == line)
        #expect(!lines(fields).joined().contains("evil"))
        #expect(fields.all(header).count == 1)
    }

    @Test func `a token in the query is in no field`() {
        let fields = policy { $0.authQuery = "key" }
            .fields(from: ["authorization": "Bearer evil"], requestID: "r", token: Secret("tok"))
        #expect(!fields.contains("authorization"))
        #expect(!lines(fields).joined().contains("tok "))
        #expect(!lines(fields).contains { $0.hasSuffix("tok") })
    }

    @Test func `a configured credential is sent only where there is no token`() {
        let policy = policy { $0.headers = [HeaderPair(name: "authorization", value: "Basic fixed")] }
        #expect(policy.fields(from: [:], requestID: "r", token: nil).values(of: "authorization") == ["Basic fixed"])
        #expect(
            policy.fields(from: [:], requestID: "r", token: Secret("tok")).values(of: "authorization") == ["Bearer tok"]
        )
    }
}
