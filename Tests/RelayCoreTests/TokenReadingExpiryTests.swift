// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

private typealias Fixture = TokenReadingFixture

struct TokenReadingExpiryTests {
    @Test(
        "every spelling of five minutes is five minutes, by the local clock and by the issuer's",
        arguments: [
            ("300", .auto), (#""300""#, .auto), ("300.5", .auto), (#"" 300 ""#, .auto), ("3e2", .auto),
            ("300", .secondsFromNow), ("300000", .millisecondsFromNow), (#""300000""#, .millisecondsFromNow),
            ("1744080369", .auto), (#""1744080369""#, .auto), ("1744080369.25", .auto), ("1744080369", .epochSeconds),
            ("1744080369000", .auto), (#""1744080369000""#, .auto), ("1744080369000", .epochMilliseconds),
            (#""2025-04-08T10:46:09+08:00""#, .auto), (#""2025-04-08T02:46:09.123456Z""#, .auto),
            (#""2025-04-08T02:46:09Z""#, .iso), (#""Tue, 08 Apr 2025 02:46:09 GMT""#, .auto),
            (#""2025-04-08 10:46:09""#, .format("%Y-%m-%d %H:%M:%S", offset: 28_800)),
            ("20250408104609", .format("%Y%m%d%H%M%S", offset: 28_800)),
        ] as [(String, TokenReading.ExpiryKind)])
    func spellings(value: String, kind: TokenReading.ExpiryKind) throws {
        for fields in [[], [("Date", Fixture.date)]] as [[(name: String, value: String)]] {
            let grant = try Fixture.read(#"{"access_token":"t","expires_in":\#(value)}"#, fields: fields) {
                $0.expiryKind = kind
            }
            let lifetime = try #require(grant.lifetime)
            #expect((.seconds(299)...(.seconds(301))).contains(lifetime))
        }
    }

    @Test("null and absence mean the default lifetime and a warning", arguments: [#","expires_in":null"#, ""])
    func absent(member: String) throws {
        let grant = try Fixture.read(#"{"access_token":"t"\#(member)}"#) { $0.defaultLifetime = .seconds(77) }
        #expect(grant.lifetime == .seconds(77))
        #expect(grant.warnings == [.defaultLifetime])
    }

    @Test("an expiry of none is the default lifetime without a warning")
    func none() throws {
        let grant = try Fixture.read(#"{"access_token":"t","expires_in":5}"#) { $0.expiry = .none }
        #expect(grant.lifetime == .seconds(300))
        #expect(grant.warnings.isEmpty)
    }

    @Test("a date without a zone is not guessed at", arguments: [TokenReading.ExpiryKind.auto, .iso])
    func zoneless(kind: TokenReading.ExpiryKind) throws {
        let grant = try Fixture.read(#"{"access_token":"t","expires_in":"2025-04-08 10:46:09"}"#) {
            $0.expiryKind = kind
        }
        #expect(grant.lifetime == .seconds(300))
        #expect(grant.warnings == [.zonelessExpiry])
    }

    @Test(
        "an expiry that no token can have is a failed fetch, whatever the kind",
        arguments: [
            "true", "false", #""""#, #"" ""#, #""abc""#, "0", #""0""#, "-5", #""-5""#, "0.0004", "1e309", #""1e309""#,
            "-1e309",
            "1e20", "-1e300", "1e15", "5e11", "400000000", "[]", "[300]", "{}", #""NaN""#, #""inf""#, #""+300""#,
            #""0x12c""#,
            #""300s""#, #""2025-04-08T02:00:00Z""#, "1744080000", #""2125-04-08T02:00:00Z""#,
        ],
        [TokenReading.ExpiryKind.auto, .secondsFromNow, .epochSeconds, .iso, .format("%Y", offset: 0)])
    func refused(value: String, kind: TokenReading.ExpiryKind) {
        let problem = Fixture.problem { () throws(TokenReadingProblem) in
            try Fixture.read(#"{"access_token":"t","expires_in":\#(value)}"#) { $0.expiryKind = kind }
        }
        #expect(problem?.text.hasPrefix("the expiry at json:/expires_in ") == true)
        #expect(problem?.kind == .badAnswer)
    }

    @Test("a lifetime above the maximum is cut and told")
    func clamped() throws {
        let grant = try Fixture.read(#"{"access_token":"t","expires_in":300000}"#)
        #expect(grant.lifetime == .seconds(86_400))
        #expect(grant.warnings == [.lifetimeClamped])
    }

    @Test(
        "a fixed lifetime wins over everything, wrong values included",
        arguments: ["30", "true", "0", #""abc""#, "null"])
    func fixed(value: String) throws {
        let token = Fixture.jwt(#"{"exp":1744080129}"#)
        let grant = try Fixture.read(#"{"access_token":"\#(token)","expires_in":\#(value)}"#) {
            $0.fixedLifetime = .seconds(200_000)
        }
        #expect(grant.lifetime == .seconds(200_000))
        #expect(grant.warnings.isEmpty)
    }

    @Test(
        "the earlier of field and JWT counts",
        arguments: [
            ("300", 1_744_080_129, 60), ("30", 1_744_080_129, 30), ("null", 1_744_080_129, 60),
            (#""2025-04-08 10:46:09""#, 1_744_080_129, 60), ("300", 1_744_080_129_000, 60), ("300", 0, 300),
            ("300", 4_102_444_800, 300),
        ])
    func jwtHint(value: String, end: Int, seconds: Int64) throws {
        let token = Fixture.jwt(#"{"iat":1,"exp":\#(end)}"#)
        let grant = try Fixture.read(#"{"access_token":"\#(token)","expires_in":\#(value)}"#)
        #expect(grant.lifetime == .seconds(seconds))
        #expect(grant.kind == .jwt)
        // By the issuer's clock one second less, since its Date has whole seconds.
        let byDate = try Fixture.read(
            #"{"access_token":"\#(token)","expires_in":\#(value)}"#, fields: [("date", Fixture.date)],
            clock: Fixture.clock(aheadBy: -3_600_000))
        #expect(byDate.lifetime == .seconds(seconds == 60 ? 59 : seconds))
    }

    @Test("a JWT that has ended is no token")
    func endedJWT() {
        let token = Fixture.jwt(#"{"exp":1744080060}"#)
        let problem = Fixture.problem { () throws(TokenReadingProblem) in
            try Fixture.read(#"{"access_token":"\#(token)","expires_in":300}"#)
        }
        #expect(problem?.text == "the token is a JWT whose exp passed 9 s ago: it has ended, or a clock is wrong")
    }

    @Test(
        "what looks like a JWT without a usable exp is an opaque end",
        arguments: [#"{}"#, #"{"exp":null}"#, #"{"exp":true}"#, #"{"exp":"soon"}"#, #"{"exp":-5}"#, #"{"exp":1e309}"#])
    func jwtWithoutEnd(claims: String) throws {
        let grant = try Fixture.read(#"{"access_token":"\#(Fixture.jwt(claims))"}"#) { $0.expiry = .jwt }
        #expect(grant.lifetime == .seconds(300))
        #expect(grant.warnings == [.defaultLifetime])
    }

    @Test(
        "an absolute end is measured with the issuer's clock if that makes sense",
        arguments: [
            // The local clock runs ten minutes behind, or ahead.
            (-600_000, Fixture.date, nil, 299), (600_000, Fixture.date, nil, 299),
            // Ten seconds in a cache.
            (0, Fixture.date, "10", 289),
            // A local clock that was never set.
            (-Fixture.now, Fixture.date, nil, 299),
            // Absurd dates: the local clock.
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", nil, 300), (0, "Tue, 08 Apr 2199 02:41:09 GMT", nil, 300),
            (0, "Tue, 01 Apr 2025 02:41:09 GMT", nil, 300), (0, "yesterday", nil, 300), (0, "", nil, 300),
        ] as [(Int64, String, String?, Int64)])
    func serverClock(ahead: Int64, date: String, age: String?, seconds: Int64) throws {
        var fields = [(name: "Date", value: date)]
        if let age { fields.append(("Age", age)) }
        let grant = try Fixture.read(
            #"{"access_token":"t","expires_in":1744080369}"#, fields: fields, clock: Fixture.clock(aheadBy: ahead))
        #expect(grant.lifetime == .seconds(seconds))
        #expect(grant.warnings == (seconds == 300 ? [.serverDateUnusable] : []))
    }

    @Test("a relative lifetime needs no clock")
    func relativeIgnoresDate() throws {
        let grant = try Fixture.read(
            #"{"access_token":"t","expires_in":300}"#, fields: [("Date", Fixture.date)],
            clock: Fixture.clock(aheadBy: 86_000_000))
        #expect(grant.lifetime == .seconds(300))
        #expect(grant.warnings.isEmpty)
    }

    @Test("an expiry in a field", arguments: [("X-Expires", "300"), ("x-expires", "2025-04-08T02:46:09Z")])
    func header(name: String, value: String) throws {
        let grant = try Fixture.read(#"{"access_token":"t"}"#, fields: [(name, value)]) {
            $0.expiry = .header("X-Expires")
        }
        #expect(grant.lifetime == .seconds(300))
    }

    @Test(
        "a renewal hint is seconds above zero, or nothing",
        arguments: [
            ("120", 120), (#""120""#, 120), ("0", nil), ("-1", nil), ("true", nil), (#""x""#, nil), ("1e309", nil),
        ]
            as [(String, Int64?)])
    func refreshIn(value: String, seconds: Int64?) throws {
        let grant = try Fixture.read(#"{"access_token":"t","expires_in":300,"refresh_in":\#(value)}"#) {
            $0.refreshIn = "/refresh_in"
        }
        #expect(grant.refreshIn == seconds.map { .seconds($0) })
    }
}
