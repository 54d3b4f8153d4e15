// SPDX-License-Identifier: Apache-2.0

/// Reads `Retry-After` (RFC 9110 §10.2.3): seconds, or a date.
package enum RetryAfterText {
    /// Nil if the text is neither, never negative, at most a year.
    ///
    /// - Parameters:
    ///   - date: the answer's own `Date`, with which a date is compared if it can be read.
    ///   - wallNanoseconds: the local clock, for an answer without one.
    package static func duration(_ text: String, date: String?, wallNanoseconds: Int64) -> Duration? {
        let text = TextTrimming.trimmed(text)
        let longest: Int64 = 365 * 86_400 * 1_000
        if let seconds = WireNumber(text)?.value {
            return seconds < 0 ? nil : .milliseconds(Int64(min(seconds * 1_000, Double(longest))))
        }
        guard let moment = DateText.http(text) else { return nil }
        let reference = date.flatMap { DateText.http(TextTrimming.trimmed($0)) } ?? wallNanoseconds / 1_000_000
        return .milliseconds(min(max(moment - reference, 0), longest))
    }
}
