// SPDX-License-Identifier: Apache-2.0

/// Turns what an issuer wrote as expiry into a lifetime: numbers, strings, dates, of all known habits.
///
/// A number decides by its size under `auto`: up to 10 years it is seconds from now, `1e9...1e11` seconds and
/// `1e12...1e14` milliseconds since 1970. Milliseconds from now are never guessed.
enum ExpiryReader {
    enum Result: Equatable {
        /// Above zero and at most 10 years. `isAbsolute` if it came from comparing a moment with a clock.
        case lifetime(milliseconds: Int64, isAbsolute: Bool)
        /// There is nothing, or null.
        case absent
        /// A date without a zone.
        case zoneless
    }

    /// 10 years: nothing a bearer token could mean.
    static let longestMilliseconds: Double = 3_652 * 86_400 * 1_000
    static let epochSecondsRange = 1e9...1e11
    static let epochMillisecondsRange = 1e12...1e14

    /// - Parameter value: what stood in the answer; a field's text as a string.
    /// - Throws: `TokenReadingProblem` for what is no time, or one that no token can have.
    static func read(
        _ value: JSONValue?, kind: TokenReading.ExpiryKind, clock: ReadingClock
    ) throws(TokenReadingProblem) -> Result {
        let text: String
        let isString: Bool
        switch value {
        case nil, .null: return .absent
        case .bool: throw TokenReadingProblem("is true or false, not a time")
        case .array: throw TokenReadingProblem("is a list, not a time")
        case .object: throw TokenReadingProblem("is an object, not a time")
        case .number(let number): (text, isString) = (number, false)
        case .string(let string): (text, isString) = (TextTrimming.trimmed(string), true)
        }
        if text.isEmpty { throw TokenReadingProblem("is an empty string, not a time") }
        switch kind {
        case .secondsFromNow: return try relative(number(text), unit: 1_000, clock: clock)
        case .millisecondsFromNow: return try relative(number(text), unit: 1, clock: clock)
        case .epochSeconds: return try absolute(number(text) * 1_000, clock: clock)
        case .epochMilliseconds: return try absolute(number(text), clock: clock)
        case .iso:
            guard isString else { throw TokenReadingProblem("is a number, not an ISO 8601 date") }
            guard let result = try date(text, clock: clock) else { throw TokenReadingProblem("is no ISO 8601 date") }
            return result
        case .format(let layout, let offset):
            guard let moment = DateFormat(layout)?.epochMilliseconds(text, offset: offset) else {
                throw TokenReadingProblem("is no date of the layout \"\(layout)\" (RELAY_TOKEN_EXPIRY_KIND)")
            }
            return try absolute(Double(moment), clock: clock)
        case .auto, .jwt:
            if let number = WireNumber(text)?.value { return try guess(number, clock: clock) }
            guard isString else { throw TokenReadingProblem("is beyond all numbers") }
            guard let result = try date(text, clock: clock) else {
                throw TokenReadingProblem(
                    "is neither a number nor an ISO 8601 date; name its form with RELAY_TOKEN_EXPIRY_KIND")
            }
            return result
        }
    }

    private static func guess(_ number: Double, clock: ReadingClock) throws(TokenReadingProblem) -> Result {
        switch number {
        case epochSecondsRange: try absolute(number * 1_000, clock: clock)
        case epochMillisecondsRange: try absolute(number, clock: clock)
        default: try relative(number, unit: 1_000, clock: clock)
        }
    }

    private static func number(_ text: String) throws(TokenReadingProblem) -> Double {
        guard let number = WireNumber(text) else {
            throw TokenReadingProblem("is not a number; check RELAY_TOKEN_EXPIRY_KIND")
        }
        return number.value
    }

    private static func date(_ text: String, clock: ReadingClock) throws(TokenReadingProblem) -> Result? {
        switch DateText.iso(text) {
        case .moment(let moment): return try absolute(Double(moment), clock: clock)
        case .zoneless: return .zoneless
        case nil: break
        }
        guard let moment = DateText.http(text) else { return nil }
        return try absolute(Double(moment), clock: clock)
    }

    private static func relative(
        _ number: Double, unit: Double, clock: ReadingClock
    ) throws(TokenReadingProblem) -> Result {
        let milliseconds = number * unit
        guard milliseconds > 0 else { throw TokenReadingProblem("is not above zero") }
        try checkLength(milliseconds)
        return try lifetime(milliseconds - Double(clock.age), isAbsolute: false)
    }

    private static func absolute(_ moment: Double, clock: ReadingClock) throws(TokenReadingProblem) -> Result {
        let milliseconds = moment - Double(clock.reference)
        try checkLength(milliseconds)
        return try lifetime(milliseconds, isAbsolute: true)
    }

    private static func checkLength(_ milliseconds: Double) throws(TokenReadingProblem) {
        guard milliseconds <= longestMilliseconds else {
            throw TokenReadingProblem("is more than 10 years away; check RELAY_TOKEN_EXPIRY_KIND")
        }
    }

    private static func lifetime(
        _ milliseconds: Double, isAbsolute: Bool
    ) throws(TokenReadingProblem) -> Result {
        guard milliseconds >= 1 else {
            let past = Int64(min(max(-milliseconds, 0), 1e15) / 1_000)
            throw TokenReadingProblem("passed \(past) s ago: the token has ended, or a clock is wrong")
        }
        return .lifetime(milliseconds: Int64(milliseconds), isAbsolute: isAbsolute)
    }
}
