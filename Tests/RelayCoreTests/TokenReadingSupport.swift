// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// An issuer's answer at 2025-04-08T02:41:09Z, five minutes before `TokenReadingFixture.end`.
enum TokenReadingFixture {
    static let now: Int64 = 1_744_080_069_000
    static let date = "Tue, 08 Apr 2025 02:41:09 GMT"

    static func read(
        _ body: String, fields: [(name: String, value: String)] = [], clock: ReadingClock = clock(),
        _ adjust: (inout TokenReading) -> Void = { _ in }
    ) throws(TokenReadingProblem) -> TokenGrant {
        var reading = TokenReading()
        adjust(&reading)
        return try TokenAnswerReader(reading).read(TokenAnswer(fields: fields, body: Array(body.utf8)), clock: clock)
    }

    static func clock(aheadBy milliseconds: Int64 = 0) -> ReadingClock {
        ReadingClock(wallNanoseconds: (now + milliseconds) * 1_000_000)
    }

    /// An unsigned JWT with these claims.
    static func jwt(_ claims: String) -> String {
        func part(_ text: String) -> String {
            Base64.encoded(text.utf8).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        return part(#"{"alg":"none"}"#) + "." + part(claims) + ".c2ln"
    }

    static func problem(_ body: () throws(TokenReadingProblem) -> TokenGrant) -> TokenReadingProblem? {
        do throws(TokenReadingProblem) {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }
}
