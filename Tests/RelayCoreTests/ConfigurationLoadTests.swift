// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

@Suite struct ConfigurationLoadTests {
    @Test func `Unset variables leave the typed defaults`() throws {
        var expected = Configuration()
        expected.upstream.baseURL = "https://llm.corp.example/v1"
        expected.token.source = .fixed(.value(Secret("t0ken")))
        expected.loops = 2
        #expect(try String(describing: load(minimalEnvironment).configuration) == String(describing: expected))
        #expect(try load(minimalEnvironment).warnings == [])
    }

    @Test func `Every default of the table is the default of its type`() throws {
        var environment = minimalEnvironment
        for key in ConfigurationKey.all where !key.defaultText.isEmpty { environment[key.name] = key.defaultText }
        let explicit = try load(environment)
        #expect(
            try String(describing: explicit.configuration) == String(describing: load(minimalEnvironment).configuration)
        )
        #expect(explicit.warnings == [])
    }

    @Test func `All problems are shown together, in the order of the sample file`() {
        let found = problems([
            "RELAY_LISTEN": "80x", "RELAY_MAX_BODY": "big", "RELAY_UPSTREAM_URL": "ftp://h", "RELAY_TOKEN": "a b",
            "RELAY_QUEUE": "-1", "RELAY_MODELS": "a,a", "RELAY_LOG_LEVEL": "loud", "RELAY_TOKEN_BACKOFF": "soon",
        ])
        #expect(
            found.map(\.variable) == [
                "RELAY_UPSTREAM_URL", "RELAY_TOKEN", "RELAY_TOKEN_BACKOFF", "RELAY_LISTEN", "RELAY_MODELS",
                "RELAY_QUEUE",
                "RELAY_MAX_BODY", "RELAY_LOG_LEVEL",
            ])
        #expect(found.contains { $0.description == "RELAY_LOG_LEVEL: \"loud\" is none of debug, info, warn, error" })
    }

    @Test func `Nothing set: the two things that are missing`() {
        #expect(problems([:]).map(\.variable) == ["RELAY_UPSTREAM_URL", "RELAY_TOKEN_SOURCE"])
    }

    @Test func `An empty variable is an unset one`() throws {
        var environment = minimalEnvironment
        for name in ConfigurationKey.knownNames where environment[name] == nil && name != "RELAY_UPSTREAM_AUTH_SCHEME" {
            environment[name] = ""
        }
        let loaded = try load(environment)
        #expect(
            try String(describing: loaded.configuration) == String(describing: load(minimalEnvironment).configuration))
    }

    @Test func `An empty scheme means the bare token`() throws {
        #expect(try load(adding: ["RELAY_UPSTREAM_AUTH_SCHEME": ""]).configuration.upstream.authScheme == "")
        #expect(try load(minimalEnvironment).configuration.upstream.authScheme == "Bearer")
    }

    @Test func `White space around a value does not count`() throws {
        #expect(
            try load(adding: ["RELAY_LISTEN": " 127.0.0.1:9\n"]).configuration.listen
                == .tcp(host: "127.0.0.1", port: 9))
    }

    @Test func `Quotes that docker kept are named as the cause`() {
        let found = problems(adding: ["RELAY_LISTEN": "\"127.0.0.1:80\""])
        #expect(found.first?.text.hasSuffix("; remove the quotes around it") == true)
    }

    @Test func `A value and its file exclude each other, for every secret`() {
        for key in ConfigurationKey.all where key.hasFileTwin {
            var environment = [
                "RELAY_UPSTREAM_URL": "https://h/v1", key.name: "v", key.fileTwin: "/f",
                "RELAY_OAUTH_TOKEN_URL": "https://i/t",
            ]
            if key.section == .request { environment["RELAY_TOKEN_PRESET"] = "feishu" }
            environment["RELAY_TOKEN_SOURCE"] = key.section == .request ? "http" : "oauth2"
            let found = problems(environment, files: ["/f": "v"])
            #expect(
                found.contains { $0.variable == key.name && $0.text.contains(key.fileTwin) }, "\(key.name): \(found)")
        }
    }

    @Test func `A secret's file must be there, hold something, and be text`() {
        let oauth =
            ["RELAY_TOKEN": nil, "RELAY_OAUTH_TOKEN_URL": "https://i/t", "RELAY_OAUTH_CLIENT_ID": "me"]
            as [String: String?]
        var changes = oauth
        changes["RELAY_OAUTH_CLIENT_SECRET_FILE"] = "/f"
        #expect(
            problems(adding: changes).map(\.description) == [
                "RELAY_OAUTH_CLIENT_SECRET_FILE: \"/f\" cannot be read: no such file"
            ])
        #expect(problems(adding: changes, files: ["/f": "\n"]).map(\.text) == ["\"/f\" is empty"])
        #expect(problems(adding: changes, files: ["/f": "secret\n"]) == [])
    }

    @Test func `Keys are needed where others can reach the relay`() throws {
        for address in ["0.0.0.0:8080", "[::]:8080", ":8080", "10.1.2.3:80", "relay:80"] {
            let found = problems(adding: ["RELAY_LISTEN": address])
            #expect(found.map(\.variable) == ["RELAY_LISTEN"])
            #expect(found.first?.text.contains("RELAY_CLIENT_KEYS") == true)
            #expect(found.first?.text.contains("RELAY_ALLOW_ANONYMOUS=true") == true)
        }
        #expect(try load(adding: ["RELAY_LISTEN": "unix:/run/r"]).warnings == [])
        #expect(try load(adding: ["RELAY_LISTEN": ":80", "RELAY_CLIENT_KEYS": "k"]).warnings == [])
        let anonymous = try load(adding: ["RELAY_LISTEN": ":80", "RELAY_ALLOW_ANONYMOUS": "true"])
        #expect(anonymous.warnings.map(\.variable) == ["RELAY_ALLOW_ANONYMOUS"])
    }

    @Test func `Keys from a file are read, and the path is kept for reading again`() throws {
        let loaded = try load(
            adding: ["RELAY_CLIENT_KEYS_FILE": "/k", "RELAY_LISTEN": ":80"], files: ["/k": "a:k1\nb:k2\n"])
        #expect(loaded.configuration.clients.keysFile == "/k")
        #expect(loaded.configuration.clients.keys?.map(\.name) == ["a", "b"])
        #expect(loaded.origins["RELAY_CLIENT_KEYS"] == .file)
    }

    @Test func `Broken keys are one problem, not two`() {
        #expect(
            problems(adding: ["RELAY_CLIENT_KEYS": "a: ,", "RELAY_LISTEN": ":80"]).map(\.variable) == [
                "RELAY_CLIENT_KEYS"
            ])
        #expect(
            problems(adding: ["RELAY_CLIENT_KEYS_FILE": "/none", "RELAY_LISTEN": ":80"]).map(\.variable) == [
                "RELAY_CLIENT_KEYS_FILE"
            ])
    }

    @Test func `A misspelt name is told together with what is missing because of it`() {
        do throws(ConfigurationErrors) {
            _ = try load(["RELAY_UPSTRAM_URL": "https://h/v1", "RELAY_TOKEN": "t"])
            Issue.record("loaded without an upstream")
        } catch {
            #expect(error.problems.map(\.variable) == ["RELAY_UPSTREAM_URL"])
            #expect(error.warnings.map(\.variable) == ["RELAY_UPSTRAM_URL"])
        }
    }

    @Test func `Unknown names are warnings with the nearest name`() throws {
        let loaded = try load(adding: [
            "RELAY_LISTN": "x", "RELAY_SERVICE_HOST": "10.0.0.1", "RELAY_PORT_8080_TCP": "tcp://1", "RELAYX": "x",
            "PATH": "/bin",
        ])
        #expect(loaded.warnings.map(\.variable) == ["RELAY_LISTN", "RELAY_PORT_8080_TCP", "RELAY_SERVICE_HOST"])
        #expect(loaded.warnings[0].text.contains("did you mean RELAY_LISTEN?"))
        #expect(loaded.warnings[2].text.contains("Kubernetes"))
    }

    @Test(
        arguments: [
            ["RELAY_UPSTREAM_TLS_VERIFY": "false"], ["RELAY_LOG_BODIES": "head"], ["RELAY_TOKEN_TLS_VERIFY": "no"],
            ["RELAY_UPSTREAM_URL": "http://gateway.corp/v1"], ["RELAY_UPSTREAM_URL": "https://h/v1/chat/completions"],
            ["RELAY_ADMIN_LISTEN": "0.0.0.0:9090"], ["RELAY_CLIENT_KEYS": "a:k", "RELAY_CLIENT_LIMITS": "b=1"],
            ["RELAY_UPSTREAM_HEADERS": #"{"x-request-id":"1"}"#], ["RELAY_EXTRA_PATHS": "/"],
            ["RELAY_EXTRA_PATHS": "x,/v1/"],
        ]
    ) func `What is risky is said once`(changes: [String: String]) throws {
        #expect(try load(adding: changes).warnings.count == 1)
    }

    @Test func `Values that contradict each other are refused`() {
        #expect(problems(adding: ["RELAY_ADMIN_LISTEN": "127.0.0.1:8080"]).map(\.variable) == ["RELAY_ADMIN_LISTEN"])
        #expect(
            problems(adding: ["RELAY_TOKEN_MAX_TTL": "60s", "RELAY_TOKEN_DEFAULT_TTL": "61s"]).map(\.variable) == [
                "RELAY_TOKEN_DEFAULT_TTL"
            ])
        #expect(problems(adding: ["RELAY_LISTEN": "127.0.0.1:0", "RELAY_ADMIN_LISTEN": "127.0.0.1:0"]) == [])
    }

    @Test func `A default gives way to the limit that is set beside it`() throws {
        let large = try load(adding: ["RELAY_MAX_BODY": "1GiB"])
        #expect(large.configuration.limits.bodyBudget == 1 << 30)
        #expect(large.values.first { $0.name == "RELAY_BODY_BUDGET" }?.text == "1GiB")
        #expect(large.warnings == [])
        let brief = try load(adding: ["RELAY_TOKEN_MAX_TTL": "60s"])
        #expect(brief.configuration.token.reading.defaultLifetime == .seconds(60))
        #expect(brief.origins["RELAY_TOKEN_DEFAULT_TTL"] == .derived)
    }

    @Test func `A limit may be set for the keys without a name`() throws {
        let loaded = try load(adding: ["RELAY_CLIENT_KEYS": "k", "RELAY_CLIENT_LIMITS": "default=60"])
        #expect(loaded.warnings == [])
    }

    @Test func `A body budget below the largest body is obeyed, with a warning`() throws {
        let loaded = try load(adding: ["RELAY_BODY_BUDGET": "1MiB"])
        #expect(loaded.configuration.limits.bodyBudget == 1 << 20)
        #expect(loaded.configuration.limits.maxBody == 64 << 20)
        #expect(loaded.warnings.map(\.variable) == ["RELAY_BODY_BUDGET"])
    }

    @Test func `What the check's own variables hold is not reported as unknown`() throws {
        #expect(try load(adding: ["RELAY_CHECK_KEY": "k", "RELAY_CHECK_KEY_FILE": "/k"]).warnings == [])
    }

    @Test func `A byte order mark before a secret is not part of it`() throws {
        let loaded = try load(adding: ["RELAY_CLIENT_KEYS_FILE": "/k"], files: ["/k": "\u{FEFF}a:k1\r\n"])
        #expect(loaded.configuration.clients.keys?.map { $0.name + $0.key.reveal } == ["ak1"])
    }

    @Test func `The base URL may be left out if an endpoint has its own`() throws {
        let loaded = try load(adding: ["RELAY_UPSTREAM_URL": nil, "RELAY_UPSTREAM_CHAT_URL": "https://h/{model}/chat"])
        #expect(loaded.configuration.upstream.baseURL == nil)
        #expect(loaded.configuration.upstream.endpointURLs[.chat] == "https://h/{model}/chat")
        #expect(
            try load(adding: ["RELAY_UPSTREAM_URL": "https://h/v1//"]).configuration.upstream.baseURL == "https://h/v1")
        #expect(problems(adding: ["RELAY_UPSTREAM_URL": "https://h/{model}"]).count == 1)
        #expect(problems(adding: ["RELAY_UPSTREAM_URL": "https://h/v1?x=1"]).count == 1)
        #expect(problems(adding: ["RELAY_UPSTREAM_MODELS_URL": "https://h/{model}"]).count == 1)
    }

    @Test func `The issuer's transport follows the upstream's where it is not set`() throws {
        let pem = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"
        let loaded = try load(
            adding: [
                "RELAY_UPSTREAM_CA_FILE": "/ca", "RELAY_UPSTREAM_HTTP": "2", "RELAY_UPSTREAM_PROXY": "none",
                "RELAY_UPSTREAM_CLIENT_CERT_FILE": "/a", "RELAY_UPSTREAM_CLIENT_KEY_FILE": "/b",
                "RELAY_TOKEN_HTTP": "auto",
                "RELAY_TOKEN_CLIENT_CERT_FILE": "/c", "RELAY_UPSTREAM_CONNECTIONS": "7",
            ], files: ["/ca": pem, "/a": pem, "/b": pem, "/c": pem])
        let transport = loaded.configuration.token.transport
        #expect(transport.caFile == "/ca")
        #expect(transport.proxy == .none)
        #expect(transport.version == .auto)
        #expect(transport.idleConnections == 7)
        #expect(transport.clientCertificateFile == "/c")
        #expect(transport.clientKeyFile == nil, "one side's key never goes with the other side's certificate")
        #expect(loaded.configuration.upstream.transport.clientKeyFile == "/b")
    }

    @Test func `Certificates that are none are refused`() {
        let files = ["/x": "hello", "/cert": "-----BEGIN CERTIFICATE-----"]
        #expect(problems(adding: ["RELAY_UPSTREAM_CA_FILE": "/x"], files: files).count == 1)
        #expect(problems(adding: ["RELAY_UPSTREAM_CA_FILE": "/none"], files: files).count == 1)
        #expect(problems(adding: ["RELAY_UPSTREAM_CLIENT_CERT_FILE": "/cert"], files: files).count == 1)
        #expect(problems(adding: ["RELAY_UPSTREAM_CLIENT_KEY_FILE": "/cert"], files: files).count == 1)
    }

    @Test func `Loops follow the cores unless set`() throws {
        #expect(try load(minimalEnvironment, cores: 6).configuration.loops == 6)
        #expect(try load(minimalEnvironment, cores: 0).configuration.loops == 1)
        #expect(try load(adding: ["RELAY_LOOPS": "3"]).configuration.loops == 3)
    }

    @Test func `Health needs the listeners alone to be right`() throws {
        let listeners = try Configuration.loadListeners(environment: [
            "RELAY_LISTEN": "0.0.0.0:81", "RELAY_TOKEN": "a b",
        ])
        #expect(listeners.listen == .tcp(host: "0.0.0.0", port: 81))
    }

    @Test func `A static header never competes with the token`() throws {
        let header = [#"{"authorization":"Basic x"}"#, #"{"X-Auth":"x"}"#]
        #expect(problems(adding: ["RELAY_UPSTREAM_HEADERS": header[0]]).map(\.variable) == ["RELAY_UPSTREAM_HEADERS"])
        #expect(
            problems(adding: ["RELAY_UPSTREAM_HEADERS": header[1], "RELAY_UPSTREAM_AUTH_HEADER": "x-auth"]).count == 1)
        #expect(problems(adding: ["RELAY_UPSTREAM_HEADERS": header[0], "RELAY_UPSTREAM_AUTH_QUERY": "t"]) == [])
        #expect(
            problems(adding: ["RELAY_UPSTREAM_HEADERS": header[0], "RELAY_TOKEN": nil, "RELAY_TOKEN_SOURCE": "none"])
                == [])
    }

    @Test func `A token pasted with its scheme is told so`() {
        #expect(
            problems(adding: ["RELAY_TOKEN": "Bearer abc"]).map(\.text) == [
                "the value (not shown) begins with Bearer, which the relay adds itself; give the token alone"
            ])
    }
}
