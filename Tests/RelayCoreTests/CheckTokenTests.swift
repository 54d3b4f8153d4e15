// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

/// Failures of token fetches, each with its cause.
@Suite("Check: tokens")
struct CheckTokenTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var cause: TokenFetchFailure.Cause
        var form: TokenRequestForm = .oauth2(.basic)
        var code: CheckCause
        var says: String
        var testDescription: String { "\(code.rawValue) \(says)" }
    }

    static let samples: [Sample] = [
        Sample(
            cause: .refused(status: 401, code: "invalid_client"), code: .issuerRefusedClient,
            says: "RELAY_OAUTH_CLIENT_AUTH=post"),
        Sample(
            cause: .refused(status: 400, code: "invalid_client"), form: .oauth2(.post), code: .issuerRefusedClient,
            says: "RELAY_OAUTH_CLIENT_AUTH=basic"),
        Sample(
            cause: .refused(status: 401, code: nil), form: .oauth2(.basicRaw), code: .issuerRefusedClient,
            says: "unencoded Basic header (basic_raw)"),
        Sample(
            cause: .refused(status: 403, code: nil), form: .oauth2(.none), code: .issuerRefusedClient,
            says: "by its id alone"),
        Sample(
            cause: .refused(status: 401, code: nil), form: .template, code: .issuerRefusedRequest,
            says: "RELAY_TOKEN_HTTP_BODY"),
        Sample(
            cause: .refused(status: 400, code: "invalid_scope"), code: .issuerRefusedGrant, says: "RELAY_OAUTH_SCOPE"),
        Sample(cause: .refused(status: 400, code: "invalid_grant"), code: .issuerRefusedGrant, says: "refresh token"),
        Sample(cause: .refused(status: 404, code: nil), code: .issuerPathWrong, says: "token_endpoint"),
        Sample(cause: .refused(status: 302, code: nil), code: .issuerRedirects, says: "RELAY_OAUTH_TOKEN_URL"),
        Sample(cause: .refused(status: 429, code: nil), code: .issuerBusy, says: "--watch"),
        Sample(cause: .refused(status: 503, code: nil), code: .issuerFault, says: "503"),
        Sample(cause: .unsuccessful(code: "1001"), form: .template, code: .issuerSaidNo, says: "(1001)"),
        Sample(
            cause: .badAnswer(reason: "the answer has no string at json:/access_token; members there: code, data"),
            code: .tokenMissing, says: "members there: code, data"),
        Sample(
            cause: .badAnswer(reason: "the expiry at json:/expires_in is neither a number nor an ISO 8601 date"),
            code: .expiryUnreadable, says: "RELAY_TOKEN_EXPIRY_KIND"),
        Sample(
            cause: .badAnswer(reason: "the answer is not JSON (x); it looks like a web page: check the address"),
            code: .tokenAnswerNotJSON, says: "RELAY_TOKEN_FROM=body"),
        Sample(
            cause: .badAnswer(
                reason: "the token is a JWT whose exp passed 60 s ago: it has ended, or a clock is wrong"),
            code: .tokenExpired, says: "clocks"),
        Sample(cause: .illegalToken, code: .tokenIllegal, says: "RELAY_TOKEN_FROM"),
        Sample(cause: .expiredOnArrival, code: .tokenExpired, says: "clocks"),
        Sample(
            cause: .secretUnavailable(name: "RELAY_OAUTH_CLIENT_SECRET"), code: .secretUnreadable,
            says: "RELAY_OAUTH_CLIENT_SECRET"),
        Sample(cause: .exec(.exit(3)), form: .local, code: .tokenProgram, says: "status 3"),
        Sample(cause: .file(.missing), form: .local, code: .tokenFile, says: "does not exist"),
        Sample(cause: .timeout, code: .answerTimeout, says: "RELAY_TOKEN_TIMEOUT"),
        Sample(cause: .transport(.timeout, detail: ""), code: .answerTimeout, says: "RELAY_TOKEN_TIMEOUT"),
        Sample(cause: .transport(.refused, detail: ""), code: .connectionRefused, says: "sso.example:443"),
        Sample(
            cause: .transport(.tls, detail: "alert certificate required"), code: .tlsClientCertificate,
            says: "RELAY_TOKEN_CLIENT_CERT_FILE"),
    ]

    @Test("each failure has its own cause and cure", arguments: samples)
    func causes(_ sample: Sample) throws {
        let place = try CheckSample.place("https://sso.example", .issuer, "RELAY_OAUTH_TOKEN_URL")
        let finding = CheckFinding(TokenFetchFailure(sample.cause), form: sample.form, place: place)
        #expect(finding.code == sample.code)
        let text = finding.advice.cause.english + " | " + finding.advice.cure.english
        #expect(text.contains(sample.says), "\(text)")
        try CheckWording.expectGood(finding)
    }

    @Test("warnings that come with a token say what to set", arguments: TokenWarning.allCases)
    func warnings(_ warning: TokenWarning) throws {
        let finding = CheckFinding(warning)
        #expect(!finding.advice.cause.english.isEmpty)
        #expect(
            finding.code
                == (warning == .zonelessExpiry || warning == .defaultLifetime ? .expiryUnreadable : .tokenWarning))
    }

    @Test("a clock counts as off beyond half a minute, either way")
    func clock() throws {
        let place = try CheckSample.place("https://gw.example")
        #expect(CheckFinding(clockOffset: .seconds(30), against: place) == nil)
        #expect(CheckFinding(clockOffset: .seconds(-30), against: place) == nil)
        let behind = try #require(CheckFinding(clockOffset: .seconds(31), against: place))
        #expect(behind.advice.cause.english == "this machine's clock is 31 s behind that of gw.example:443")
        let ahead = try #require(CheckFinding(clockOffset: .seconds(-95), against: place))
        #expect(ahead.advice.cause.english.contains("95 s ahead of"))
    }

    @Test("a missing variable is told from a malformed one")
    func configuration() {
        let missing = ConfigurationProblem("RELAY_UPSTREAM_URL", "is required: the base URL of the gateway")
        #expect(CheckFinding(missing).code == .variableMissing)
        let malformed = ConfigurationProblem("RELAY_LISTEN", "\"80x\" is not an address")
        #expect(CheckFinding(malformed).code == .variableMalformed)
        #expect(CheckFinding(malformed).advice.cause.english == malformed.description)
        #expect(CheckFinding(warning: malformed).code == .configurationWarning)
        #expect(CheckFinding(warning: malformed).advice.cause.english == malformed.description)
    }
}

/// How every cause and cure has to read.
enum CheckWording {
    static func expectGood(_ finding: CheckFinding) throws {
        for sentence in [finding.advice.cause, finding.advice.cure] {
            let text = sentence.english
            let first = try #require(text.first)
            let second = text.dropFirst().first
            #expect(!first.isUppercase || second?.isUppercase == true, "\(text)")
            #expect(text.last != ".", "\(text)")
            #expect(!sentence.chinese.isEmpty)
        }
    }
}
