// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

@Suite struct ConfigurationTokenValueTests {
    @Test(
        arguments: [
            ("json:/data/token", TokenReading.Place.json("/data/token")), ("json:", .json("")),
            ("JSON:/A", .json("/A")),
            ("header:X-Subject-Token", .header("X-Subject-Token")), ("body", .body),
            ("json:/a~1b~0c", .json("/a~1b~0c")),
        ]
    ) func `Places of the token`(text: String, place: TokenReading.Place) throws {
        #expect(try TokenReading.Place.parse(text) == place)
    }

    @Test(arguments: ["", "/data/token", "json:data", "json:/a~2", "json:/a~", "header:", "header:X Y", "jwt", "none"])
    func `Other places are refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try TokenReading.Place.parse(text) } != nil)
    }

    @Test(
        arguments: [
            ("json:/expires_in", TokenReading.ExpiryPlace.json("/expires_in")), ("header:X-Exp", .header("X-Exp")),
            ("jwt", .jwt),
            ("NONE", .none),
        ]
    ) func `Places of the expiry`(text: String, place: TokenReading.ExpiryPlace) throws {
        #expect(try TokenReading.ExpiryPlace.parse(text) == place)
    }

    @Test(arguments: ["", "body", "expires_in", "json:x"]) func `Other places of the expiry are refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try TokenReading.ExpiryPlace.parse(text) } != nil)
    }

    @Test func `The success test may name several values`() throws {
        #expect(try TokenReading.Success.parse("json:/code=0|200") == .init(pointer: "/code", values: ["0", "200"]))
        #expect(try TokenReading.Success.parse("json:/ok=a=b") == .init(pointer: "/ok", values: ["a=b"]))
    }

    @Test(arguments: ["", "/code=0", "json:/code", "json:/code=", "json:/code=|", "json:code=0"])
    func `Other success tests are refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try TokenReading.Success.parse(text) } != nil)
    }

    @Test(
        arguments: [
            ("auto", TokenReading.ExpiryKind.auto), ("in_s", .secondsFromNow), ("in_ms", .millisecondsFromNow),
            ("at_s", .epochSeconds),
            ("AT_MS", .epochMilliseconds), ("at_iso", .iso), ("jwt", .jwt),
            ("at_fmt:%Y-%m-%d %H:%M:%S@+08:00", .format("%Y-%m-%d %H:%M:%S", offset: 28_800)),
            ("at_fmt:yyyy-MM-dd HH:mm:ss@UTC", .format("yyyy-MM-dd HH:mm:ss", offset: 0)),
            ("at_fmt:%Y%m%d@%H@Z", .format("%Y%m%d@%H", offset: 0)),
        ]
    ) func `Kinds of expiry`(text: String, kind: TokenReading.ExpiryKind) throws {
        #expect(try TokenReading.ExpiryKind.parse(text) == kind)
    }

    @Test(
        arguments: [
            ("UTC", 0), ("Z", 0), ("z", 0), ("GMT", 0), ("+08:00", 28_800), ("+0800", 28_800), ("+8", 28_800),
            ("+08", 28_800),
            ("UTC+8", 28_800), ("utc-03:30", -12_600), ("GMT+5:45", 20_700), ("-00:30", -1_800), ("+14", 50_400),
        ]
    ) func `Zones`(zone: String, offset: Int) throws {
        #expect(try TokenReading.ExpiryKind.parse("at_fmt:%Y-%m-%d@\(zone)") == .format("%Y-%m-%d", offset: offset))
    }

    @Test(
        arguments: [
            "", "seconds", "at_fmt:", "at_fmt:%Y-%m-%d", "at_fmt:%Y-%m-%d@", "at_fmt:%Y-%m-%d@CST",
            "at_fmt:%Y-%m-%d@+15",
            "at_fmt:%Y-%m-%d@+08:60", "at_fmt:%Y-%m-%d@8", "at_fmt:%Y-%m-%d@UTCZ", "at_fmt:%H:%M@UTC", "at_fmt:%Q@UTC",
            "at_fmt:%Y-%m-%d@+8:5", "at_fmt:%Y-%m-%d@++8", "at_fmt:hello@UTC", "at_fmt:yyyy-MM-dd'T@UTC",
            "at_fmt:yyyy-MM-dd Q@UTC",
        ]
    ) func `Kinds that would be misread are refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try TokenReading.ExpiryKind.parse(text) } != nil)
    }

    @Test func `Rules for asking anew`() throws {
        #expect(
            try ReauthRule.parse("401; 403:/code=40301;\n200:/error/code=401|40001;")
                == [
                    ReauthRule(status: 401), ReauthRule(status: 403, pointer: "/code", values: ["40301"]),
                    ReauthRule(status: 200, pointer: "/error/code", values: ["401", "40001"]),
                ])
        #expect(try ReauthRule.parse("off") == [])
    }

    @Test(
        arguments: [
            "", ";", "4x1", "+401", "0401", "199", "600", "200", "302", "403:", "403:code=1", "403:/code", "403:/code=",
            "403:/a~3=1",
            "401,403",
        ]
    ) func `Rules that match everything or nothing are refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try ReauthRule.parse(text) } != nil)
    }

    @Test(arguments: ["1s..30s", "1..30", " 1s .. 30s "]) func `Pauses are two durations`(text: String) throws {
        let loaded = try load(adding: ["RELAY_TOKEN_BACKOFF": text])
        #expect(loaded.configuration.token.renewal.backoffFirst == .seconds(1))
        #expect(loaded.configuration.token.renewal.backoffLast == .seconds(30))
    }

    @Test(arguments: ["1s", "30s..1s", "0..30s", "1s..2h", "1s...30s", "a..b", "..", "1s..30s..60s"])
    func `Other pauses are refused`(text: String) {
        #expect(problems(adding: ["RELAY_TOKEN_BACKOFF": text]).map(\.variable) == ["RELAY_TOKEN_BACKOFF"])
    }

    @Test(arguments: [
        "client_credentials", "password", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange",
    ])
    func `Known grants and URNs`(text: String) throws {
        #expect(try ConfigurationValue.grant(text) == text)
    }

    @Test(arguments: ["", "implicit", "urn:", "urn:a b", "client-credentials", "token-exchange"])
    func `Unknown grants are refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try ConfigurationValue.grant(text) } != nil)
    }

    @Test(arguments: ["to ken", "token\n", "tok\r\nX: y", "tökén", "tok\u{0}", "\"token\" ", "tok\ten"])
    func `A static token that could break a header is refused without being shown`(token: String) {
        let found = problems(["RELAY_UPSTREAM_URL": "https://h/v1", "RELAY_TOKEN": token])
        #expect(found.map(\.variable) == ["RELAY_TOKEN"])
        #expect(found.first?.text.contains("tok") == false || found.first?.text.contains(token) == false)
    }
}
