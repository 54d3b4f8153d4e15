// SPDX-License-Identifier: Apache-2.0
import RelayCore
import RelayUpstream
import Testing

struct TemplateSourceTests {
    private func source(
        _ issuer: ScriptedIssuer, _ url: String = "https://h/login",
        _ adjust: (inout TemplateConfiguration) -> Void = { _ in }
    ) throws -> TemplateTokenSource {
        var configuration = TemplateConfiguration(url: url)
        configuration.values = ["USER": Secret("u\"1"), "PASS": Secret("p&w=+\\")]
        adjust(&configuration)
        return try TemplateTokenSource(configuration, reading: TokenReading(), transport: issuer)
    }

    private func request(
        _ url: String = "https://h/login", _ adjust: (inout TemplateConfiguration) -> Void
    ) async throws -> IssuerRequest {
        let issuer = ScriptedIssuer(#"{"access_token":"tok"}"#)
        _ = try await source(issuer, url, adjust).fetchOnce()
        return try #require(issuer.requests.first)
    }

    private func text(_ request: IssuerRequest) -> String? { request.body.map { String(decoding: $0, as: UTF8.self) } }

    @Test(
        "a body is filled and labelled by its type",
        arguments: [
            (
                TemplateConfiguration.BodyType.json, #"{"u":"${USER}","p":"${PASS}"}"#, #"{"u":"u\"1","p":"p&w=+\\"}"#,
                "application/json"
            ),
            (.form, "u=${USER}&p=${PASS}", "u=u%221&p=p%26w%3D%2B%5C", "application/x-www-form-urlencoded"),
            (.raw, "${USER}:${PASS}", #"u"1:p&w=+\"#, "text/plain; charset=utf-8"),
        ])
    func bodies(type: TemplateConfiguration.BodyType, template: String, body: String, label: String) async throws {
        let request = try await request { ($0.body, $0.bodyType) = (template, type) }
        #expect(request.method == "POST")
        #expect(text(request) == body)
        #expect(request.field("Content-Type") == label)
    }

    @Test("the operator's own fields win, and are filled")
    func fields() async throws {
        let request = try await request {
            $0.body = "{}"
            $0.headers = [
                HeaderPair(name: "content-type", value: "application/vnd.corp+json"),
                HeaderPair(name: "accept", value: "*/*"),
                HeaderPair(name: "X-Key", value: "k ${PASS}"),
            ]
        }
        #expect(request.fields.map(\.name) == ["content-type", "accept", "X-Key", "User-Agent"])
        #expect(request.field("X-Key") == "k p&w=+\\")
    }

    @Test("GET has no body, even if one is written", arguments: ["GET", "get"])
    func get(method: String) async throws {
        let request = try await request("https://h/t?u=${USER}&p=${PASS}") { ($0.method, $0.body) = (method, "{}") }
        #expect(request.method == "GET")
        #expect(request.url == "https://h/t?u=u%221&p=p%26w%3D%2B%5C")
        #expect(request.body == nil)
        #expect(request.field("Content-Type") == nil)
    }

    @Test("a POST without a body has an empty one")
    func emptyPost() async throws {
        let request = try await request { $0.bodyType = .none }
        #expect(request.body == [])
        #expect(request.field("Content-Type") == nil)
    }

    @Test("a file is read at each fetch and loses one line end")
    func files() async throws {
        let directory = try ScratchDirectory()
        let path = directory.path("secret")
        let issuer = ScriptedIssuer([.answer(200, #"{"access_token":"t"}"#), .answer(200, #"{"access_token":"t"}"#)])
        let source = try source(issuer) { $0.body = #"{"k":"${file:\#(path)}"}"# }
        #expect(await source.failure()?.cause == .secretUnavailable(name: path))
        try directory.write("one\n\n")
        _ = try await source.fetchOnce()
        try directory.write("two", mode: 0o604)
        #expect(try await source.fetchOnce().warnings == [.defaultLifetime, .readableByOthers])
        #expect(issuer.bodies == [#"{"k":"one\n"}"#, #"{"k":"two"}"#])
    }

    @Test("a value that cannot stand in its place is named, not sent")
    func injection() async throws {
        let issuer = ScriptedIssuer([])
        let source = try source(issuer) {
            $0.values["PASS"] = Secret("canary\r\nX-Admin: 1")
            $0.headers = [HeaderPair(name: "X-Key", value: "${PASS}")]
        }
        let failure = try #require(await source.failure())
        #expect(failure.cause == .secretUnavailable(name: "${PASS}"))
        #expect(issuer.requests.isEmpty)
        #expect(!failure.description.contains("canary"))
    }

    @Test("a name without a value is named, not sent")
    func unknownName() async throws {
        let issuer = ScriptedIssuer([])
        let source = try source(issuer) { $0.body = #"{"a":"${NOPE}"}"# }
        #expect(await source.failure()?.cause == .secretUnavailable(name: "NOPE"))
        #expect(issuer.requests.isEmpty)
    }

    @Test("a template that cannot be read names its variable")
    func malformed() {
        for (variable, adjust) in [
            ("RELAY_TOKEN_HTTP_URL", { $0.url = "https://h/${" }), ("RELAY_TOKEN_HTTP_BODY", { $0.body = "${1}" }),
            ("RELAY_TOKEN_HTTP_HEADERS", { $0.headers = [HeaderPair(name: "a", value: "${}")] }),
        ] as [(String, (inout TemplateConfiguration) -> Void)] {
            let problem = #expect(throws: TemplateProblem.self) { try source(ScriptedIssuer([]), "https://h", adjust) }
            #expect(problem?.text.hasPrefix(variable) == true)
        }
    }

    @Test("a secret echoed by the issuer stays inside")
    func echo() async throws {
        let issuer = ScriptedIssuer([.answer(400, #"{"error":"S3cretValue"}"#)])
        let source = try source(issuer) {
            $0.values["PASS"] = Secret("S3cretValue")
            $0.body = #"{"p":"${PASS}"}"#
        }
        #expect(await source.failure()?.cause == .refused(status: 400, code: nil))
    }
}
