// SPDX-License-Identifier: Apache-2.0

/// Reads what a file or a program gives: a bare token, kubectl's ExecCredential, or a token answer kept as JSON.
///
/// The form is found out unless the operator named the token's place.
package struct LocalTokenReader: Sendable {
    private let reading: TokenReading
    private let isUnlimitedWithoutExpiry: Bool

    package init(_ reading: TokenReading, isUnlimitedWithoutExpiry: Bool = false) {
        (self.reading, self.isUnlimitedWithoutExpiry) = (reading, isUnlimitedWithoutExpiry)
    }

    /// - Throws: `TokenReadingProblem` if there is no usable token, or an expiry that no token can have.
    package func read(_ answer: TokenAnswer, clock: ReadingClock) throws(TokenReadingProblem) -> TokenGrant {
        try TokenAnswerReader(form(of: answer), isUnlimitedWithoutExpiry: isUnlimitedWithoutExpiry)
            .read(answer, clock: clock)
    }

    private static let tokenPlaces = ["/status/token", "/token", "/access_token", "/accessToken"]
    private static let expiryPlaces = [
        "/expires_in", "/expires_at", "/expires_on", "/expiration", "/expirationTimestamp", "/expiry",
    ]

    private func form(of answer: TokenAnswer) throws(TokenReadingProblem) -> TokenReading {
        guard !reading.isExplicit else { return reading }
        var form = reading
        guard answer.text?.utf8.first == UInt8(ascii: "{") else {
            form.token = .body
            return form
        }
        let json = try answer.json()
        guard let place = Self.tokenPlaces.first(where: { json.value(at: $0)?.stringValue != nil }) else {
            let names = MissingMember.text("string", at: "/token", in: json, of: answer.name)
            throw TokenReadingProblem("\(names) (nor a status.token or access_token; RELAY_TOKEN_FROM names its place)")
        }
        form.token = .json(place)
        // A place the operator named, or the default one, comes first.
        if case .json(let pointer) = reading.expiry, json.value(at: pointer) == nil {
            let places = place == "/status/token" ? ["/status/expirationTimestamp"] : Self.expiryPlaces
            if let found = places.first(where: { json.value(at: $0) != nil }) { form.expiry = .json(found) }
        }
        return form
    }
}
