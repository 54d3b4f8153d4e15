// SPDX-License-Identifier: Apache-2.0

/// Reads token, lifetime and hints out of an answer, by the places the operator named (`RELAY_TOKEN_FROM` and so on).
///
/// The lifetime is the earliest of what the answer says and what a JWT says about itself, at most the maximum; a fixed
/// lifetime wins over both. A JWT is never verified: it is a hint.
package struct TokenAnswerReader: Sendable {
    private let reading: TokenReading
    /// True for files: without an expiry the token lives until it is replaced.
    private let isUnlimitedWithoutExpiry: Bool

    package init(_ reading: TokenReading, isUnlimitedWithoutExpiry: Bool = false) {
        (self.reading, self.isUnlimitedWithoutExpiry) = (reading, isUnlimitedWithoutExpiry)
    }

    /// - Parameter clock: the local clock at the start of the fetch; the answer's `Date` is taken into account here.
    /// - Throws: `TokenReadingProblem` if there is no usable token, or an expiry that no token can have.
    package func read(_ answer: TokenAnswer, clock: ReadingClock) throws(TokenReadingProblem) -> TokenGrant {
        var clock = clock
        clock.adopt(date: answer.field("Date"), age: answer.field("Age"))
        let json = try document(of: answer)
        if let success = reading.success { try check(success, in: json, of: answer) }
        let raw = try token(in: answer, json: json)
        var warnings: [TokenWarning] = []
        var value = raw
        if let bare = TokenValueCheck.withoutScheme(raw) {
            value = bare
            warnings.append(.schemeInToken)
        }
        if value.isEmpty { throw TokenReadingProblem("the token at \(reading.token.text) is empty") }
        if let problem = TokenValueCheck.problem(of: value) {
            throw TokenReadingProblem("the token at \(reading.token.text) \(problem)", kind: .illegalToken)
        }
        let jwtEnd = JWTExpiry.epochMilliseconds(of: value)
        let lifetime: Duration?
        if let fixed = reading.fixedLifetime {
            lifetime = fixed
        } else {
            lifetime = try self.lifetime(in: answer, json: json, jwtEnd: jwtEnd, clock: clock, warnings: &warnings)
        }
        return TokenGrant(
            value: Secret(value), lifetime: lifetime, refreshIn: refreshIn(in: json),
            kind: JWTExpiry.isJWT(value) ? .jwt : .opaque, warnings: warnings)
    }

    // MARK: - The token

    /// The body as JSON if anything that must be there stands in it; else whatever it happens to be.
    private func document(of answer: TokenAnswer) throws(TokenReadingProblem) -> JSONValue? {
        if case .json = reading.token { return try answer.json() }
        if reading.success != nil { return try answer.json() }
        return try? answer.json()
    }

    private func check(
        _ success: TokenReading.Success, in json: JSONValue?, of answer: TokenAnswer
    ) throws(TokenReadingProblem) {
        let found = json?.value(at: success.pointer)
        guard !success.values.contains(found?.scalarText ?? "") else { return }
        guard let found else {
            throw TokenReadingProblem(MissingMember.text("value", at: success.pointer, in: json, of: answer.name))
        }
        throw TokenReadingProblem(
            "\(answer.name) does not say success", kind: .unsuccessful(code: found.plainCode ?? json?.errorCode))
    }

    private func token(in answer: TokenAnswer, json: JSONValue?) throws(TokenReadingProblem) -> String {
        switch reading.token {
        case .body:
            guard let text = answer.text else { throw TokenReadingProblem("\(answer.name) is not UTF-8 text") }
            return text
        case .header(let name):
            guard let value = answer.field(name) else {
                throw TokenReadingProblem("\(answer.name) has no field \(name)")
            }
            return TextTrimming.trimmed(value)
        case .json(let pointer):
            if let text = json?.value(at: pointer)?.stringValue { return text }
            // An answer that names its error instead of a token has not succeeded, whatever its status.
            if let code = json?.errorCode {
                throw TokenReadingProblem("\(answer.name) says \(code)", kind: .unsuccessful(code: code))
            }
            throw TokenReadingProblem(MissingMember.text("string", at: pointer, in: json, of: answer.name))
        }
    }

    // MARK: - The lifetime

    private func lifetime(
        in answer: TokenAnswer, json: JSONValue?, jwtEnd: Int64?, clock: ReadingClock, warnings: inout [TokenWarning]
    ) throws(TokenReadingProblem) -> Duration? {
        let stated = try statedExpiry(in: answer, json: json, clock: clock)
        var shortest: Int64?
        var isAbsolute = false
        if case .lifetime(let milliseconds, let isMoment) = stated { (shortest, isAbsolute) = (milliseconds, isMoment) }
        if let jwtEnd {
            let remaining = jwtEnd - clock.reference
            guard remaining > 0 else {
                throw TokenReadingProblem(
                    "the token is a JWT whose exp passed \(-remaining / 1_000) s ago: it has ended, or a clock is wrong"
                )
            }
            if remaining < shortest ?? .max { (shortest, isAbsolute) = (remaining, true) }
        }
        guard let shortest else {
            if stated == .zoneless {
                warnings.append(.zonelessExpiry)
            } else if isUnlimitedWithoutExpiry {
                return nil
            } else if reading.expiry != .none {
                warnings.append(.defaultLifetime)
            }
            return reading.defaultLifetime
        }
        if isAbsolute, answer.isFromIssuer, !clock.usesServerDate {
            warnings.append(.serverDateUnusable)
        }
        let lifetime = Duration.milliseconds(shortest)
        guard lifetime > reading.maximumLifetime else { return lifetime }
        warnings.append(.lifetimeClamped)
        return reading.maximumLifetime
    }

    private func statedExpiry(
        in answer: TokenAnswer, json: JSONValue?, clock: ReadingClock
    ) throws(TokenReadingProblem) -> ExpiryReader.Result {
        if reading.expiryKind == .jwt { return .absent }
        let value: JSONValue?
        let place: String
        switch reading.expiry {
        case .none, .jwt: return .absent
        case .json(let pointer): (value, place) = (json?.value(at: pointer), "json:" + pointer)
        case .header(let name): (value, place) = (answer.field(name).map(JSONValue.string), "header:" + name)
        }
        do {
            return try ExpiryReader.read(value, kind: reading.expiryKind, clock: clock)
        } catch {
            throw TokenReadingProblem("the expiry at \(place) \(error.text)")
        }
    }

    /// A hint in seconds; one that makes no sense is no hint.
    private func refreshIn(in json: JSONValue?) -> Duration? {
        guard let pointer = reading.refreshIn, let value = json?.value(at: pointer),
            let seconds = WireNumber(value)?.value, seconds > 0, seconds * 1_000 <= ExpiryReader.longestMilliseconds
        else { return nil }
        return .milliseconds(Int64(seconds * 1_000))
    }
}

extension TokenReading.Place {
    /// As the operator writes it.
    package var text: String {
        switch self {
        case .json(let pointer): "json:" + pointer
        case .header(let name): "header:" + name
        case .body: "body"
        }
    }
}
