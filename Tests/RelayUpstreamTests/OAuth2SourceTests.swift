// SPDX-License-Identifier: Apache-2.0
import RelayCore
import RelayUpstream
import Testing

struct OAuth2SourceTests {
    private static let good = #"{"access_token":"tok","expires_in":300}"#

    private func source(
        _ issuer: ScriptedIssuer, _ adjust: (inout OAuth2Configuration) -> Void = { _ in }
    ) -> OAuth2TokenSource {
        var configuration = OAuth2Configuration(tokenURL: "https://idp.example/token")
        configuration.clientID = "id"
        configuration.clientSecret = .value(Secret("secret"))
        adjust(&configuration)
        return OAuth2TokenSource(configuration, reading: TokenReading(), transport: issuer)
    }

    @Test("client credentials are one form with basic authentication")
    func clientCredentials() async throws {
        let issuer = ScriptedIssuer(Self.good)
        let grant = try await source(issuer) {
            ($0.scope, $0.audience, $0.resource) = ("a b", "aud", "https://r/x")
            $0.extra = [HeaderPair(name: "tenant", value: "t&1")]
            $0.headers = [HeaderPair(name: "X-Corp", value: "1")]
        }.fetchOnce()
        #expect(grant.value.reveal == "tok")
        #expect(grant.lifetime == .seconds(300))
        let request = try #require(issuer.requests.first)
        #expect(request.method == "POST")
        #expect(request.url == "https://idp.example/token")
        #expect(
            request.pairs == [
                "grant_type=client_credentials", "scope=a+b", "audience=aud", "resource=https%3A%2F%2Fr%2Fx",
                "tenant=t%261",
            ])
        #expect(request.field("Content-Type") == "application/x-www-form-urlencoded")
        #expect(request.field("Accept") == "application/json")
        #expect(request.field("X-Corp") == "1")
        #expect(request.field("Authorization") == "Basic aWQ6c2VjcmV0")
    }

    @Test(
        "the client proves itself in five ways",
        arguments: [
            // form("i:d") ":" form("p@ss +%") and its raw twin, base64
            (OAuth2Configuration.ClientAuthentication.basic, "Basic aSUzQWQ6cCU0MHNzKyUyQiUyNQ==", []),
            (.basicRaw, "Basic aTpkOnBAc3MgKyU=", []),
            (.post, nil, ["client_id=i%3Ad", "client_secret=p%40ss+%2B%25"]),
            (.none, nil, ["client_id=i%3Ad"]),
        ] as [(OAuth2Configuration.ClientAuthentication, String?, [String])])
    func clientAuthentication(kind: OAuth2Configuration.ClientAuthentication, field: String?, pairs: [String])
        async throws
    {
        let issuer = ScriptedIssuer(Self.good)
        _ = try await source(issuer) {
            ($0.clientID, $0.clientSecret, $0.clientAuthentication) = ("i:d", .value(Secret("p@ss +%")), kind)
        }.fetchOnce()
        let request = try #require(issuer.requests.first)
        #expect(request.field("Authorization") == field)
        #expect(request.pairs == ["grant_type=client_credentials"] + pairs)
    }

    @Test("an assertion is read from its file each time")
    func assertion() async throws {
        let directory = try ScratchDirectory()
        let issuer = ScriptedIssuer([.answer(200, Self.good), .answer(200, Self.good)])
        let source = source(issuer) {
            ($0.assertionFile, $0.clientAuthentication) = (directory.path("secret"), .none)
        }
        try directory.write("first\n")
        _ = try await source.fetchOnce()
        try directory.write("second\n")
        _ = try await source.fetchOnce()
        let type = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
        #expect(
            issuer.requests.map(\.pairs)
                == ["first", "second"].map {
                    ["grant_type=client_credentials", type, "client_assertion=\($0)", "client_id=id"]
                })
    }

    @Test("the JWT bearer and token exchange grants carry the assertion as what they exchange")
    func assertionGrants() async throws {
        let directory = try ScratchDirectory()
        let path = try directory.write("jwt")
        for (grant, pair) in [("jwt-bearer", "assertion=jwt"), ("token-exchange", "subject_token=jwt")] {
            let issuer = ScriptedIssuer(Self.good)
            _ = try await source(issuer) {
                ($0.grant, $0.assertionFile, $0.clientAuthentication) = (
                    "urn:ietf:params:oauth:grant-type:\(grant)", path, .none
                )
            }.fetchOnce()
            #expect(issuer.requests.first?.pairs.contains(pair) == true)
            #expect(issuer.bodies.first?.contains("client_assertion") == false)
        }
    }

    @Test("any other grant is its name and the extra parameters, none of them twice")
    func otherGrant() async throws {
        let issuer = ScriptedIssuer(Self.good)
        _ = try await source(issuer) {
            ($0.grant, $0.clientID) = ("urn:ibm:params:oauth:grant-type:apikey", nil)
            $0.scope = "replaced"
            $0.extra = [HeaderPair(name: "apikey", value: "k+"), HeaderPair(name: "scope", value: "s")]
        }.fetchOnce()
        #expect(issuer.bodies == ["grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=k%2B&scope=s"])
    }

    @Test("a password login is followed by renewals with the newest refresh token")
    func passwordRotation() async throws {
        let answers = [("r1", "t1"), ("r2", "t2"), (nil, "t3"), ("", "t4")].map { refresh, token in
            ScriptedIssuer.Answer.answer(
                200, #"{"access_token":"\#(token)"\#(refresh.map { #","refresh_token":"\#($0)""# } ?? "")}"#)
        }
        let issuer = ScriptedIssuer(answers)
        let source = source(issuer) { $0.passwordGrant() }
        for token in ["t1", "t2", "t3", "t4"] {
            #expect(try await source.fetchOnce().value.reveal == token)
        }
        #expect(
            issuer.bodies == [
                "grant_type=password&username=u&password=p%26w&scope=s", "grant_type=refresh_token&refresh_token=r1",
                "grant_type=refresh_token&refresh_token=r2", "grant_type=refresh_token&refresh_token=r2",
            ])
    }

    @Test(
        "an ended refresh token is followed by one login at once",
        arguments: [
            (400, "invalid_grant"), (401, "invalid_token"), (400, "unauthorized_client"), (200, "invalid_grant"),
        ])
    func refreshTokenEnded(status: Int, code: String) async throws {
        let issuer = ScriptedIssuer([
            .answer(200, #"{"access_token":"t1","refresh_token":"r1"}"#), .answer(status, #"{"error":"\#(code)"}"#),
            .answer(200, #"{"access_token":"t2"}"#), .answer(200, #"{"access_token":"t3"}"#),
        ])
        let source = source(issuer) { $0.passwordGrant() }
        _ = try await source.fetchOnce()
        #expect(try await source.fetchOnce().value.reveal == "t2")
        _ = try await source.fetchOnce()
        #expect(
            issuer.requests.map { $0.pairs[0] }
                == ["password", "refresh_token", "password", "password"].map { "grant_type=" + $0 })
    }

    @Test("a login that is refused too is tried once, not again")
    func loginRefused() async throws {
        let issuer = ScriptedIssuer([
            .answer(200, #"{"access_token":"t1","refresh_token":"r1"}"#), .answer(400, #"{"error":"invalid_grant"}"#),
            .answer(400, #"{"error":"invalid_grant"}"#), .answer(200, Self.good),
        ])
        let source = source(issuer) { $0.passwordGrant() }
        _ = try await source.fetchOnce()
        #expect(await source.failure()?.cause == .refused(status: 400, code: "invalid_grant"))
        #expect(issuer.requests.count == 3)
    }

    @Test(
        "a renewal that fails for other reasons keeps the refresh token",
        arguments: [
            ScriptedIssuer.Answer.answer(503, ""), .answer(429, ""), .answer(200, ""), .failure(.init(.timeout)),
            .answer(401, #"{"error":"invalid_client"}"#),
        ])
    func renewalInterrupted(answer: ScriptedIssuer.Answer) async throws {
        let issuer = ScriptedIssuer([
            .answer(200, #"{"access_token":"t1","refresh_token":"r1"}"#), answer, .answer(200, Self.good),
        ])
        let source = source(issuer) { $0.passwordGrant() }
        _ = try await source.fetchOnce()
        #expect(await source.failure() != nil)
        _ = try await source.fetchOnce()
        #expect(issuer.requests.count == 3)
        #expect(issuer.bodies.last == "grant_type=refresh_token&refresh_token=r1")
    }

    @Test("a reload logs in anew")
    func reload() async throws {
        let answer = ScriptedIssuer.Answer.answer(200, #"{"access_token":"t1","refresh_token":"r1"}"#)
        let issuer = ScriptedIssuer([answer, answer])
        let source = source(issuer) { $0.passwordGrant() }
        _ = try await source.fetchOnce()
        _ = try await source.fetchOnce(.reload)
        #expect(issuer.requests.map { $0.pairs[0] } == ["grant_type=password", "grant_type=password"])
    }

    @Test("the refresh grant rotates, keeps the old without a new one, and takes a new file's content")
    func refreshGrant() async throws {
        let directory = try ScratchDirectory()
        let path = try directory.write("r0\n")
        let issuer = ScriptedIssuer([
            .answer(200, #"{"access_token":"t","refresh_token":"r1"}"#), .answer(200, #"{"access_token":"t"}"#),
            .answer(200, #"{"access_token":"t","refresh_token":"r2"}"#), .answer(400, #"{"error":"invalid_grant"}"#),
            .answer(200, #"{"access_token":"t","refresh_token":"r3"}"#), .answer(200, #"{"access_token":"t"}"#),
        ])
        let source = source(issuer) { ($0.grant, $0.refreshToken, $0.scope) = ("refresh_token", .file(path), "s") }
        for _ in 0..<3 { _ = try await source.fetchOnce() }
        #expect(await source.failure() != nil)
        _ = try await source.fetchOnce()
        try directory.write("new")
        _ = try await source.fetchOnce()
        #expect(
            issuer.requests.map { $0.pairs[1] } == ["r0", "r1", "r1", "r2", "r0", "new"].map { "refresh_token=" + $0 })
        #expect(issuer.requests.allSatisfy { $0.pairs.last == "scope=s" })
    }

    @Test("a refresh token is looked for beside the access token")
    func nested() async throws {
        var reading = TokenReading()
        reading.token = .json("/data/token")
        var configuration = OAuth2Configuration(tokenURL: "https://idp.example/token")
        configuration.passwordGrant()
        let issuer = ScriptedIssuer([
            .answer(200, #"{"data":{"token":"t","refresh_token":"r1"},"refresh_token":"no"}"#),
            .answer(200, #"{"data":{"token":"t"}}"#),
        ])
        let source = OAuth2TokenSource(configuration, reading: reading, transport: issuer)
        _ = try await source.fetchOnce()
        _ = try await source.fetchOnce()
        #expect(issuer.bodies.last == "grant_type=refresh_token&refresh_token=r1")
    }

    @Test("a secret's file is read at each fetch, and a missing one named")
    func secretFile() async throws {
        let directory = try ScratchDirectory()
        let path = directory.path("secret")
        let issuer = ScriptedIssuer([.answer(200, Self.good), .answer(200, Self.good)])
        let source = source(issuer) { ($0.clientSecret, $0.clientAuthentication) = (.file(path), .post) }
        #expect(await source.failure()?.cause == .secretUnavailable(name: path))
        try directory.write("one\r\n", mode: 0o644)
        #expect(try await source.fetchOnce().warnings == [.readableByOthers])
        try directory.write("\u{FEFF}two")
        #expect(try await source.fetchOnce().warnings.isEmpty)
        #expect(issuer.requests.map { $0.pairs.last } == ["client_secret=one", "client_secret=two"])
        try directory.write("\n")
        #expect(await source.failure()?.cause == .secretUnavailable(name: path))
        #expect(issuer.requests.count == 2)
    }
}

extension OAuth2Configuration {
    fileprivate mutating func passwordGrant() {
        (grant, username, password, scope) = ("password", "u", .value(Secret("p&w")), "s")
        clientID = nil
    }
}
