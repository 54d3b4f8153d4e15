// SPDX-License-Identifier: Apache-2.0

/// The moments an expiry is measured against, in milliseconds since 1970.
package struct ReadingClock: Equatable, Sendable {
    /// What absolute expiries are compared with; the difference is the lifetime, counted from the start of the fetch.
    package var reference: Int64
    /// How old the answer already was when the fetch began; relative expiries lose it.
    ///
    /// Above zero for files only.
    package var age: Int64 = 0
    /// False: the answer's `Date` was missing or absurd, and the reference is the local clock.
    package var usesServerDate = false

    /// The local clock at the start of the fetch.
    package init(wallNanoseconds: Int64) { reference = wallNanoseconds / 1_000_000 }

    /// 2020-01-01: a local clock before it was never set.
    private static let plausibleStart: Int64 = 1_577_836_800_000
    /// 2100-01-01.
    private static let plausibleEnd: Int64 = 4_102_444_800_000
    /// A `Date` further from a clock that was set is not believed.
    private static let largestDifference: Int64 = 86_400_000

    /// Takes the answer's own clock instead of the local one where it makes sense (RFC 9110 §6.6.1), so that two clocks
    /// that disagree do not shorten or prolong a token.
    ///
    /// One second is lost, since `Date` has whole seconds: the answer may be almost a second younger than it says.
    /// - Parameters:
    ///   - date: the `Date` field.
    ///   - age: the `Age` field: seconds the answer lay in a cache.
    package mutating func adopt(date: String?, age: String?) {
        guard let date, var moment = DateText.http(TextTrimming.trimmed(date)) else { return }
        if let age, let seconds = WireNumber(age)?.value, (0...86_400).contains(seconds) {
            moment += Int64(seconds * 1_000)
        }
        let isPlausible = (Self.plausibleStart...Self.plausibleEnd).contains(moment)
        let isNear = abs(moment - reference) <= Self.largestDifference || reference < Self.plausibleStart
        guard isPlausible, isNear else { return }
        reference = moment + 1_000
        usesServerDate = true
    }

    /// Tells when the content was written, for files: what lives five minutes had begun to live then.
    ///
    /// A time in the future, or more than 10 years back, is no time of writing and is ignored.
    package mutating func wasWritten(atNanoseconds moment: Int64) {
        let elapsed = reference - moment / 1_000_000
        if elapsed > 0, Double(elapsed) <= ExpiryReader.longestMilliseconds { age = elapsed }
    }
}
