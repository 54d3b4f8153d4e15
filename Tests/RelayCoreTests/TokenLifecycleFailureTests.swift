// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

@Suite("Failures of a fetch")
struct TokenLifecycleFailureTests {
    @Test(
        "Refusals that asking again cannot heal wait longer",
        arguments: [
            (TokenFetchFailure.Cause.refused(status: 400, code: "invalid_client"), true),
            (.refused(status: 400, code: "invalid_grant"), true),
            (.refused(status: 400, code: "slow_down"), false),
            (.refused(status: 400, code: nil), false),
            (.refused(status: 401, code: nil), true), (.refused(status: 403, code: nil), true),
            (.refused(status: 404, code: nil), true), (.refused(status: 429, code: nil), false),
            (.refused(status: 503, code: nil), false), (.exec(.notFound), true), (.exec(.exit(1)), false),
            (.unsuccessful(code: "40001"), false), (.badAnswer(reason: "no token"), false), (.timeout, false),
        ])
    func deterministic(cause: TokenFetchFailure.Cause, isDeterministic: Bool) {
        #expect(TokenFetchFailure(cause).isDeterministic == isDeterministic)
    }

    @Test(
        "An issuer's code that does not look like one is never kept",
        arguments: [
            "Bearer s3cret", "s3cret\r\nX: y", "s3cret.aa.bb", String(repeating: "s3cret", count: 10), "", "\u{e9}",
        ])
    func oddCodes(code: String) {
        for failure in [
            TokenFetchFailure(.refused(status: 400, code: code)), TokenFetchFailure(.unsuccessful(code: code)),
        ] {
            #expect(!String(reflecting: failure).contains("s3cret"))
            #expect(
                failure
                    == TokenFetchFailure(
                        failure.isUnsuccessful ? .unsuccessful(code: nil) : .refused(status: 400, code: nil)))
        }
        #expect("\(TokenFetchFailure(.refused(status: 401, code: "invalid_client")))".hasSuffix("\"invalid_client\""))
    }

    @Test(
        "Retry-After is in whole seconds from 1 to 300",
        arguments: [(0.0, 1), (0.2, 1), (1, 1), (1.001, 2), (40, 40), (1e6, 300), (-5, 1)])
    func retryAfter(seconds: Double, expected: Int) {
        #expect(TokenUnavailable(.coolingDown, retryAfter: .seconds(seconds)).retryAfterSeconds == expected)
    }

    @Test("No part of a token in use prints its value")
    func redacted() {
        let bench = TokenBench.holdingToken()
        var text = ""
        dump(bench.lifecycle, to: &text)
        text +=
            "\(bench.lifecycle)" + String(reflecting: bench.lifecycle) + "\(bench.status)"
            + "\(bench.lifecycle.snapshot)"
        #expect(text.contains("<redacted>"))
        #expect(!text.contains("\"one\""))
    }
}

extension TokenFetchFailure {
    fileprivate var isUnsuccessful: Bool { if case .unsuccessful = cause { true } else { false } }
}
