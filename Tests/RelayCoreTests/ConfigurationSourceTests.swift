// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

@Suite struct ConfigurationSourceTests {
    private static let families: [String: [String: String]] = [
        "static": ["RELAY_TOKEN": "t0ken"],
        "file": ["RELAY_TOKEN_FILE": "/t"],
        "exec": ["RELAY_TOKEN_EXEC": "/bin/get"],
        "oauth2": [
            "RELAY_OAUTH_TOKEN_URL": "https://i/t", "RELAY_OAUTH_CLIENT_ID": "me", "RELAY_OAUTH_CLIENT_SECRET": "s",
        ],
        "http": ["RELAY_TOKEN_HTTP_URL": "https://i/login"],
    ]
    private static let base = ["RELAY_UPSTREAM_URL": "https://h/v1"]

    private static func kind(_ source: TokenSourceConfiguration) -> String {
        switch source {
        case .none: "none"
        case .fixed: "static"
        case .file: "file"
        case .exec: "exec"
        case .oauth2: "oauth2"
        case .http: "http"
        }
    }

    @Test(arguments: families.keys.sorted()) func `One family alone is the source`(name: String) throws {
        let loaded = try load(Self.base.merging(Self.families[name] ?? [:]) { a, _ in a }, files: ["/t": "x"])
        #expect(Self.kind(loaded.configuration.token.source) == name)
        #expect(loaded.warnings == [])
        #expect(loaded.values.first { $0.name == "RELAY_TOKEN_SOURCE" }?.text == name)
    }

    @Test(arguments: families.keys.sorted(), families.keys.sorted())
    func `Two families are an error naming both, unless one is chosen`(a: String, b: String) throws {
        guard a < b, let first = Self.families[a], let second = Self.families[b] else { return }
        var environment = Self.base.merging(first) { a, _ in a }.merging(second) { a, _ in a }
        let found = problems(environment, files: ["/t": "x"])
        #expect(found.count == 1)
        for name in Array(first.keys) + Array(second.keys) { #expect(found.first?.description.contains(name) == true) }
        environment["RELAY_TOKEN_SOURCE"] = a
        if Set([a, b]) == ["static", "file"] {
            #expect(
                problems(environment, files: ["/t": "x"]).map(\.variable) == ["RELAY_TOKEN"],
                "a value and its file exclude each other")
        } else {
            let loaded = try load(environment, files: ["/t": "x"])
            #expect(Self.kind(loaded.configuration.token.source) == a)
            #expect(Set(loaded.warnings.map(\.variable)) == Set(second.keys))
        }
    }

    @Test func `No family is an error that lists the ways, and none is a choice`() throws {
        #expect(problems(Self.base).first?.text.contains("RELAY_TOKEN_SOURCE=none") == true)
        let loaded = try load(Self.base.merging(["RELAY_TOKEN_SOURCE": "none"]) { a, _ in a })
        #expect(Self.kind(loaded.configuration.token.source) == "none")
    }

    @Test(arguments: ["jwt", "oauth", "statik"]) func `An unknown source is refused`(word: String) {
        #expect(problems(adding: ["RELAY_TOKEN_SOURCE": word]).map(\.variable) == ["RELAY_TOKEN_SOURCE"])
    }

    @Test(arguments: [
        ("static", "RELAY_TOKEN"), ("file", "RELAY_TOKEN_FILE"), ("exec", "RELAY_TOKEN_EXEC"),
        ("http", "RELAY_TOKEN_HTTP_URL"),
    ])
    func `A chosen source needs its variable`(source: String, variable: String) {
        #expect(problems(Self.base.merging(["RELAY_TOKEN_SOURCE": source]) { a, _ in a }).map(\.variable) == [variable])
    }

    @Test func `A static source does not read RELAY_TOKEN_FILE`() {
        let found = problems(
            Self.base.merging(["RELAY_TOKEN_SOURCE": "static", "RELAY_TOKEN_FILE": "/t"]) { a, _ in a })
        #expect(found.map(\.variable) == ["RELAY_TOKEN_SOURCE"])
    }

    @Test func `A token file that is not there yet is a warning`() throws {
        let loaded = try load(Self.base.merging(["RELAY_TOKEN_FILE": "/later"]) { a, _ in a })
        #expect(loaded.warnings.map(\.variable) == ["RELAY_TOKEN_FILE"])
    }

    private static let issuer = "RELAY_OAUTH_TOKEN_URL"

    @Test(
        arguments: [
            (["RELAY_OAUTH_CLIENT_ID": "a"], ["RELAY_OAUTH_CLIENT_SECRET"]),
            ([:], ["RELAY_OAUTH_CLIENT_ID", "RELAY_OAUTH_CLIENT_SECRET"]),
            (["RELAY_OAUTH_CLIENT_ID": "a", "RELAY_OAUTH_CLIENT_AUTH": "none"], []),
            (["RELAY_OAUTH_CLIENT_ID": "a", "RELAY_OAUTH_ASSERTION_FILE": "/t"], []),
            (["RELAY_OAUTH_CLIENT_ID": "a", "RELAY_OAUTH_ASSERTION_FILE": "/none"], ["RELAY_OAUTH_ASSERTION_FILE"]),
            (["RELAY_OAUTH_CLIENT_ID": "a", "RELAY_TOKEN_CLIENT_CERT_FILE": "/pem"], []),
            (["RELAY_OAUTH_GRANT": "password"], ["RELAY_OAUTH_USERNAME", "RELAY_OAUTH_PASSWORD"]),
            (["RELAY_OAUTH_GRANT": "password", "RELAY_OAUTH_USERNAME": "u", "RELAY_OAUTH_PASSWORD": "p"], []),
            (["RELAY_OAUTH_GRANT": "refresh_token"], ["RELAY_OAUTH_REFRESH_TOKEN"]),
            (["RELAY_OAUTH_GRANT": "refresh_token", "RELAY_OAUTH_REFRESH_TOKEN_FILE": "/t"], []),
            (["RELAY_OAUTH_GRANT": "urn:x:y"], []),
            (
                ["RELAY_OAUTH_GRANT": "implicit", "RELAY_OAUTH_CLIENT_AUTH": "none", "RELAY_OAUTH_CLIENT_ID": "a"],
                ["RELAY_OAUTH_GRANT"]
            ),
            (
                ["RELAY_OAUTH_GRANT": "urn:x:y", "RELAY_OAUTH_CLIENT_AUTH": "post"],
                ["RELAY_OAUTH_CLIENT_ID", "RELAY_OAUTH_CLIENT_SECRET"]
            ),
        ] as [([String: String], [String])]
    ) func `Each grant needs its own variables`(changes: [String: String], missing: [String]) {
        var environment = Self.base.merging(changes) { a, _ in a }
        environment[Self.issuer] = "https://i/t"
        let files = ["/t": "x", "/pem": "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----"]
        #expect(Set(problems(environment, files: files).map(\.variable)) == Set(missing))
    }

    @Test func `With an assertion the client shows no secret unless told to`() throws {
        var environment = Self.base.merging(Self.families["oauth2"] ?? [:]) { a, _ in a }
        environment["RELAY_OAUTH_ASSERTION_FILE"] = "/t"
        func method() throws -> OAuth2Configuration.ClientAuthentication? {
            guard case .oauth2(let oauth) = try load(environment, files: ["/t": "x"]).configuration.token.source else {
                return nil
            }
            return oauth.clientAuthentication
        }
        #expect(try method() == OAuth2Configuration.ClientAuthentication.none)
        environment["RELAY_OAUTH_CLIENT_AUTH"] = "post"
        #expect(try method() == .post)
        environment["RELAY_OAUTH_ASSERTION_FILE"] = nil
        environment["RELAY_OAUTH_CLIENT_AUTH"] = nil
        #expect(try method() == .basic)
    }

    @Test(
        arguments: [
            ("http://issuer.corp/t", false), ("http://10.0.0.1/t", false), ("http://127.0.0.1:9/t", true),
            ("http://localhost/t", true),
            ("http://[fe80::1]/t", true), ("http://169.254.169.254/t", true), ("https://issuer.corp/t", true),
        ]
    ) func `A secret goes over plain http only where nobody is on the way, or if allowed`(url: String, isFine: Bool) {
        for (variable, family) in [(Self.issuer, "oauth2"), ("RELAY_TOKEN_HTTP_URL", "http")] {
            var environment = Self.base.merging(Self.families[family] ?? [:]) { a, _ in a }
            environment[variable] = url
            #expect(problems(environment).map(\.variable) == (isFine ? [] : [variable]))
            environment["RELAY_TOKEN_ALLOW_HTTP"] = "true"
            #expect(problems(environment) == [])
        }
    }

    @Test func `Shell line and program exclude each other`() throws {
        let both = Self.base.merging(["RELAY_TOKEN_EXEC": "/a", "RELAY_TOKEN_EXEC_SHELL": "a | b"]) { a, _ in a }
        #expect(problems(both).map(\.variable) == ["RELAY_TOKEN_EXEC"])
        let loaded = try load(
            Self.base.merging([
                "RELAY_TOKEN_EXEC_SHELL": "a | b", "RELAY_TOKEN_EXEC_ENV": "A,RELAY_MINE", "RELAY_MINE": "1",
            ]) { a, _ in a })
        guard case .exec(let exec) = loaded.configuration.token.source else {
            Issue.record("no exec source")
            return
        }
        #expect(exec.command == .shell("a | b"))
        #expect(exec.environment == ["A", "RELAY_MINE"])
        #expect(loaded.warnings == [], "a name handed on to the program is not unknown")
    }
}
