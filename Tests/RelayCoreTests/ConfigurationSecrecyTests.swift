// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

/// Whatever is a secret, or may hold one, shows up in nothing that is printed.
@Suite struct ConfigurationSecrecyTests {
    private static let canary = "CANARY"

    /// Values that are wrong in many ways, each with the canary in it.
    private static let values = [
        "CANARY", "CANARY with spaces", "\"CANARY\"", "CANARY\r\nX: y", "{\"CANARY\":\"CANARY\"}",
        "{\"X\":\"CANARY\\u0000\"}",
        "{\"CANARY X\":\"v\"}", "[\"CANARY\",1]", "x:CANARY y,x:CANARY z", "CANARY:", "https://u:CANARY@h/",
        "http://h/?k=CANARY",
        "CANARY${CANARY", "${file:/x}CANARY", "{\"a\":\"CANARY\"", "ftp://u:CANARY@h?CANARY", "a=CANARY%zz", "ü CANARY",
    ]

    private static let sources = ["static", "exec", "oauth2", "http", "none"]

    @Test(arguments: values, sources) func `No error, warning or report holds a secret`(value: String, source: String) {
        var environment = ["RELAY_UPSTREAM_URL": "https://h/v1", "RELAY_TOKEN_SOURCE": source]
        for key in ConfigurationKey.all where key.display == .hidden { environment[key.name] = value }
        expectNothing(environment)
        for key in ConfigurationKey.all where key.display == .hidden {
            expectNothing(
                minimalEnvironment.merging([key.name: value, "RELAY_TOKEN_SOURCE": source]) { _, new in new })
        }
    }

    @Test(arguments: values) func `No secret from a file shows up`(value: String) {
        var environment = ["RELAY_UPSTREAM_URL": "https://h/v1", "RELAY_TOKEN_SOURCE": "http"]
        for key in ConfigurationKey.all where key.hasFileTwin { environment[key.fileTwin] = "/s" }
        expectNothing(environment, files: ["/s": value])
    }

    @Test func `User information and queries of URLs do not show up`() {
        for key in ConfigurationKey.all where key.display == .url {
            for value in [
                "https://u:CANARY@h/p", "ftp://u:CANARY@h", "https://h/p?key=CANARY", "u:CANARY@h",
                "https://h/?a b=CANARY",
            ] {
                expectNothing(
                    minimalEnvironment.merging([key.name: value, "RELAY_TOKEN_SOURCE": "static"]) { _, new in new })
                expectNothing(
                    minimalEnvironment.merging([
                        key.name: value, "RELAY_TOKEN_SOURCE": "oauth2", "RELAY_OAUTH_CLIENT_ID": "a",
                    ]) { _, new in new })
            }
        }
    }

    @Test(arguments: sources + ["file"]) func `A secret put where its file should be named does not show up`(
        source: String
    ) {
        let plain = ["RELAY_TOKEN_SOURCE": source, "RELAY_UPSTREAM_URL": "https://h/v1"]
        for key in ConfigurationKey.all {
            guard key.hasFileTwin || key.display == .path else { continue }
            for value in ["CANARY", "-----BEGIN PRIVATE KEY-----\nCANARY", "CANARY/x", "eyJ.CANARY.x"] {
                let name = key.hasFileTwin ? key.fileTwin : key.name
                expectNothing(plain.merging([name: value]) { $1 })
            }
        }
        expectNothing(plain.merging(["RELAY_TOKEN_HTTP_BODY": "${file:CANARY}"]) { $1 })
    }

    @Test func `The values of placeholders do not show up`() {
        for value in ["CANARY", "CANARY\n", "http://CANARY/", "CANARY/\u{0}"] {
            expectNothing([
                "RELAY_UPSTREAM_URL": "https://h/v1", "S": value, "RELAY_TOKEN_HTTP_URL": "${S}/x?y=${S}",
                "RELAY_TOKEN_HTTP_HEADERS": "{\"X\":\"${S}\"}", "RELAY_TOKEN_HTTP_BODY": "${S}",
            ])
        }
    }

    @Test func `The report says where each value comes from`() throws {
        let loaded = try load(
            adding: ["RELAY_CLIENT_KEYS_FILE": "/k", "RELAY_LISTEN": "127.0.0.1:9", "RELAY_MODELS": "a\nb"],
            files: ["/k": "x:CANARY"])
        let lines = loaded.report.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(lines.count == ConfigurationKey.all.count)
        #expect(lines.contains("RELAY_LISTEN=127.0.0.1:9 # environment"))
        #expect(lines.contains("RELAY_CLIENT_KEYS=<redacted> # file /k"))
        #expect(lines.contains("RELAY_TOKEN=<redacted> # environment"))
        #expect(lines.contains("RELAY_TOKEN_SOURCE=static # derived"))
        #expect(lines.contains("RELAY_QUEUE=1024 # default"))
        #expect(lines.contains("RELAY_MODELS=a,b # environment"))
        #expect(lines.contains("RELAY_OAUTH_SCOPE= # unset"))
        #expect(lines.contains("RELAY_LOOPS=2 # derived"))
    }

    private func expectNothing(_ environment: [String: String], files: [String: String] = [:]) {
        var printed = ""
        do throws(ConfigurationErrors) {
            let loaded = try load(environment, files: files)
            printed =
                loaded.report + loaded.warnings.map(\.description).joined()
                + String(describing: loaded.configuration.clients.keys?.map(\.key))
        } catch {
            printed = error.description
        }
        #expect(!printed.contains(Self.canary), "\(printed.split(separator: "\n").filter { $0.contains(Self.canary) })")
    }
}
