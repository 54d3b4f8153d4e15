// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// Token answers.
///
/// Parts: `Date`, `Age`, a field, and the body; the first octet chooses how the answer is read.
enum TokenFuzz {
    private static let variants: [TokenReading] = {
        let kinds: [TokenReading.ExpiryKind] = [
            .auto, .secondsFromNow, .millisecondsFromNow, .epochSeconds, .epochMilliseconds, .iso,
            .format("%Y-%m-%d %H:%M:%S", offset: 28_800), .format("%s", offset: 0), .jwt,
        ]
        var readings = kinds.map { kind in
            var reading = TokenReading()
            reading.expiryKind = kind
            reading.refreshIn = "/refresh_in"
            return reading
        }
        var fields = TokenReading()
        (fields.token, fields.expiry, fields.isExplicit) = (.header("X-Token"), .header("X-Token"), true)
        var body = TokenReading()
        (body.token, body.expiry, body.fixedLifetime) = (.body, .jwt, .seconds(60))
        var checked = TokenReading()
        (checked.token, checked.expiry, checked.isExplicit) = (.json("/data/0/t"), .json("/data/0/e"), true)
        checked.success = .init(pointer: "/code", values: ["0", "ok", "true"])
        readings += [fields, body, checked]
        return readings
    }()

    static func run(_ input: [UInt8]) throws {
        let input = FuzzInput(input)
        let reading = input.variant(of: variants)
        var fields = [(name: "x-token", value: input.text(2))]
        if !input.bytes(0).isEmpty { fields.append((name: "Date", value: input.text(0))) }
        if !input.bytes(1).isEmpty { fields.append((name: "Age", value: input.text(1))) }
        let body = Array(input.parts.dropFirst(3).joined(separator: [0]))
        for reference in [1_764_000_000_000_000_000, 0, Int64.max] {
            let answer = TokenAnswer(fields: fields, body: body)
            let clock = ReadingClock(wallNanoseconds: reference)
            try check(answer, reading) { answer throws(TokenReadingProblem) in
                try TokenAnswerReader(reading).read(answer, clock: clock)
            }
            var fileClock = clock
            fileClock.wasWritten(atNanoseconds: Int64(input.choice) << 55)
            try check(TokenAnswer(local: body, name: "the file"), reading) { answer throws(TokenReadingProblem) in
                try LocalTokenReader(reading, isUnlimitedWithoutExpiry: true).read(answer, clock: fileClock)
            }
        }
    }

    private static func check(
        _ answer: TokenAnswer, _ reading: TokenReading,
        _ read: (TokenAnswer) throws(TokenReadingProblem) -> TokenGrant
    ) throws {
        do {
            let grant = try read(answer)
            let value = grant.value.reveal
            try require(TokenValueCheck.problem(of: value) == nil, "a token that cannot be sent")
            if let lifetime = grant.lifetime {
                try require(lifetime > .zero, "a lifetime that is none")
                let most = max(reading.fixedLifetime ?? .zero, reading.maximumLifetime)
                try require(lifetime <= most, "a lifetime beyond the most")
            }
            if let hint = grant.refreshIn { try require(hint >= .zero, "a hint into the past") }
            try require(!"\(grant)".contains(value) || value.utf8.count < 12, "the token is in the description")
        } catch let problem as TokenReadingProblem {
            try checkSilence(problem, answer)
        }
    }

    /// No string value of the answer is in the error's text; names of members and an error's code may be.
    private static func checkSilence(_ problem: TokenReadingProblem, _ answer: TokenAnswer) throws {
        guard case .badAnswer = problem.kind, let json = try? JSONValue(parsing: answer.body) else { return }
        var names: [String] = []
        var strings: [String] = []
        collect(json, &names, &strings)
        for text in strings where text.utf8.count >= 16 && !names.contains(where: { $0.contains(text) }) {
            try require(!problem.text.contains(text), "a value of the answer is in the error")
        }
    }

    private static func collect(_ value: JSONValue, _ names: inout [String], _ strings: inout [String]) {
        switch value {
        case .string(let text): strings.append(text)
        case .array(let elements): for element in elements { collect(element, &names, &strings) }
        case .object(let members):
            for member in members {
                names.append(member.name)
                collect(member.value, &names, &strings)
            }
        case .null, .bool, .number: break
        }
    }
}
