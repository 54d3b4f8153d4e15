// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

@Suite struct ConfigurationTemplateTests {
    private func template(_ changes: [String: String?], files: [String: String] = [:]) throws -> TemplateConfiguration?
    {
        var all: [String: String?] = ["RELAY_TOKEN": nil, "RELAY_TOKEN_HTTP_URL": "https://i/login"]
        all.merge(changes) { _, new in new }
        guard case .http(let template) = try load(adding: all, files: files).configuration.token.source else {
            return nil
        }
        return template
    }

    private func refused(_ changes: [String: String?], files: [String: String] = [:]) -> [ConfigurationProblem] {
        var all: [String: String?] = ["RELAY_TOKEN": nil, "RELAY_TOKEN_HTTP_URL": "https://i/login"]
        all.merge(changes) { _, new in new }
        return problems(adding: all, files: files)
    }

    @Test func `Placeholders take their values from any variable, as secrets`() throws {
        let made = try template([
            "RELAY_TOKEN_HTTP_BODY": #"{"k":"${APP_KEY}","n":${N}}"#,
            "RELAY_TOKEN_HTTP_HEADERS": #"{"X-App":"${RELAY_MY_APP}"}"#,
            "APP_KEY": "kk", "N": "7", "RELAY_MY_APP": "app",
        ])
        #expect(made?.values.mapValues(\.reveal) == ["APP_KEY": "kk", "N": "7", "RELAY_MY_APP": "app"])
        #expect(made?.body == #"{"k":"${APP_KEY}","n":${N}}"#)
        #expect(made?.bodyType == .json)
        #expect(made?.method == "POST")
    }

    @Test func `A placeholder without a value is named`() {
        let found = refused(["RELAY_TOKEN_HTTP_BODY": #"{"k":"${NOT_THERE}"}"#])
        #expect(found.map(\.variable) == ["RELAY_TOKEN_HTTP_BODY"])
        #expect(found.first?.text.contains("${NOT_THERE}") == true)
        #expect(
            refused(["RELAY_TOKEN_HTTP_BODY": #"{"k":"${file:/none}"}"#]).map(\.variable) == ["RELAY_TOKEN_HTTP_BODY"])
        #expect(refused(["RELAY_TOKEN_HTTP_BODY": #"{"k":"${file:/f}"}"#], files: ["/f": "x"]) == [])
    }

    @Test(arguments: [
        "{\"k\":\"${A\"}", "{\"k\":\"${}\"}", "{\"k\":\"${1A}\"}", "{\"k\":\"${file:}\"}", "{\"k\":\"${A B}\"}",
    ])
    func `Broken placeholders are refused`(body: String) {
        #expect(refused(["RELAY_TOKEN_HTTP_BODY": body, "A": "x"]).map(\.variable) == ["RELAY_TOKEN_HTTP_BODY"])
    }

    @Test func `A body that is not JSON is refused as such, and taken as a form`() throws {
        #expect(refused(["RELAY_TOKEN_HTTP_BODY": "a=b"]).map(\.variable) == ["RELAY_TOKEN_HTTP_BODY"])
        #expect(
            try template(["RELAY_TOKEN_HTTP_BODY": "a=b", "RELAY_TOKEN_HTTP_BODY_TYPE": "form"])?.bodyType == .form)
        #expect(refused(["RELAY_TOKEN_HTTP_BODY": "a=b", "RELAY_TOKEN_HTTP_BODY_TYPE": "none"]).count == 1)
        #expect(try template([:])?.bodyType == TemplateConfiguration.BodyType.none)
    }

    @Test func `A host that comes from a variable is checked as it will be`() {
        #expect(refused(["RELAY_TOKEN_HTTP_URL": "${SSO}/login", "SSO": "https://sso.corp"]) == [])
        #expect(
            refused(["RELAY_TOKEN_HTTP_URL": "${SSO}/login", "SSO": "http://sso.corp"]).map(\.variable) == [
                "RELAY_TOKEN_HTTP_URL"
            ])
        #expect(refused(["RELAY_TOKEN_HTTP_URL": "https://i/${T}?s=${S}", "T": "a/b c", "S": "ü&"]) == [])
        #expect(refused(["RELAY_TOKEN_HTTP_URL": "https://u:p@i/"]).map(\.variable) == ["RELAY_TOKEN_HTTP_URL"])
    }

    @Test(arguments: ["a\r\nX-Evil: 1", "a\nb", "a\u{7F}"])
    func `A value that would break out of a header is refused at start`(value: String) {
        let found = refused(["RELAY_TOKEN_HTTP_HEADERS": #"{"X-App":"k ${APP}"}"#, "APP": value])
        #expect(found.map(\.variable) == ["RELAY_TOKEN_HTTP_HEADERS"])
        #expect(found.first?.text.contains("${APP}") == true)
        #expect(found.first?.text.contains("Evil") == false)
    }

    private static let given = ["ID": "the-id", "SECRET": "the-secret", "SCOPE": "cn-north-4", "DOMAIN": "acme"]

    @Test(arguments: TokenPreset.allCases) func `Every preset makes a whole configuration`(preset: TokenPreset) throws {
        var changes: [String: String?] = ["RELAY_TOKEN": nil, "RELAY_TOKEN_PRESET": preset.rawValue]
        for name in preset.required { changes[name] = Self.given[String(name.dropFirst("RELAY_TOKEN_PRESET_".count))] }
        let loaded = try load(adding: changes)
        #expect(loaded.warnings == [])
        guard case .http(let template) = loaded.configuration.token.source else {
            Issue.record("no http source")
            return
        }
        #expect(!template.url.isEmpty)
        #expect(loaded.configuration.token.reading.expiryKind != .auto)
        for name in preset.required {
            let dropped = changes.merging([name: nil]) { _, new in new }
            #expect(problems(adding: dropped).map(\.variable) == [name])
        }
    }

    @Test(arguments: TokenPreset.allCases) func `A preset's secret can be a file, and is never part of the template`(
        preset: TokenPreset
    ) throws {
        guard preset.required.contains("RELAY_TOKEN_PRESET_SECRET") else { return }
        var changes: [String: String?] = ["RELAY_TOKEN": nil, "RELAY_TOKEN_PRESET": preset.rawValue]
        for name in preset.required { changes[name] = Self.given[String(name.dropFirst("RELAY_TOKEN_PRESET_".count))] }
        changes.updateValue(nil, forKey: "RELAY_TOKEN_PRESET_SECRET")
        changes["RELAY_TOKEN_PRESET_SECRET_FILE"] = "/s"
        guard
            case .http(let template) = try load(adding: changes, files: ["/s": "the-secret"]).configuration.token.source
        else {
            Issue.record("no http source")
            return
        }
        let text = template.url + template.headers.map(\.value).joined() + (template.body ?? "")
        #expect(text.contains("${file:/s}"))
        #expect(!text.contains("the-secret"))
        #expect(problems(adding: changes).contains { $0.variable == "RELAY_TOKEN_PRESET_SECRET_FILE" })
    }

    @Test func `Presets carry their way of sending the token`() throws {
        func loaded(_ preset: String) throws -> Configuration {
            var changes: [String: String?] = ["RELAY_TOKEN": nil, "RELAY_TOKEN_PRESET": preset]
            for (name, value) in Self.given { changes["RELAY_TOKEN_PRESET_" + name] = value }
            return try load(adding: changes).configuration
        }
        let huawei = try loaded("huawei_iam")
        #expect(huawei.upstream.authHeader == "X-Auth-Token")
        #expect(huawei.upstream.authScheme == "")
        #expect(huawei.token.reading.token == .header("X-Subject-Token"))
        #expect(try loaded("baidu").upstream.authQuery == "access_token")
        #expect(try loaded("baidu").token.reauthRules.count == 2)
        #expect(try loaded("feishu").token.reading.success == .init(pointer: "/code", values: ["0"]))
        #expect(try loaded("azure_imds").token.transport.proxy == .none)
    }

    @Test func `What is set by hand wins over the preset`() throws {
        let loaded = try load(adding: [
            "RELAY_TOKEN": nil, "RELAY_TOKEN_PRESET": "feishu", "RELAY_TOKEN_PRESET_ID": "a",
            "RELAY_TOKEN_PRESET_SECRET": "b",
            "RELAY_TOKEN_HTTP_URL": "https://open.larksuite.com/x", "RELAY_TOKEN_EXPIRY_FROM": "none",
        ])
        guard case .http(let template) = loaded.configuration.token.source else {
            Issue.record("no http source")
            return
        }
        #expect(template.url == "https://open.larksuite.com/x")
        #expect(loaded.configuration.token.reading.expiry == TokenReading.ExpiryPlace.none)
        #expect(loaded.configuration.token.reading.token == .json("/tenant_access_token"))
        #expect(loaded.origins["RELAY_TOKEN_FROM"] == .derived)
    }
}
