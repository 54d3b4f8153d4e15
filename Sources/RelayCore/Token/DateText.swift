// SPDX-License-Identifier: Apache-2.0

/// Dates as issuers write them, read without a locale, a calendar or the machine's zone.
///
/// Every result is milliseconds since 1970-01-01 00:00 UTC.
package enum DateText {
    /// What an ISO 8601 text says: a moment, or only what some clock shows.
    package enum ISO: Equatable {
        case moment(Int64)
        /// No zone: eight hours wrong is silent, so nobody may guess one.
        case zoneless
    }

    /// Reads ISO 8601 and RFC 3339: extended or basic, `T` or a space, fraction of any length, `Z` or an offset.
    package static func iso(_ text: String) -> ISO? {
        var scanner = TextScanner(text)
        var time = CivilTime()
        guard let year = scanner.number(ofDigits: 4) else { return nil }
        time.year = year
        let dashed = scanner.take(UInt8(ascii: "-"))
        guard let month = scanner.number(ofDigits: 2), !dashed || scanner.take(UInt8(ascii: "-")),
            let day = scanner.number(ofDigits: 2)
        else { return nil }
        (time.month, time.day) = (month, day)
        if !scanner.isAtEnd {
            guard scanner.take(anyOf: "Tt ") != nil, readTime(&scanner, into: &time) else { return nil }
        }
        guard time.epochMilliseconds(offset: 0) != nil else { return nil }
        if scanner.isAtEnd { return .zoneless }
        _ = scanner.take(UInt8(ascii: " "))
        guard let zone = scanner.zone(), scanner.isAtEnd, let moment = time.epochMilliseconds(offset: zone) else {
            return nil
        }
        return .moment(moment)
    }

    private static func readTime(_ scanner: inout TextScanner, into time: inout CivilTime) -> Bool {
        guard let hour = scanner.number(ofDigits: 2) else { return false }
        let colons = scanner.take(UInt8(ascii: ":"))
        guard let minute = scanner.number(ofDigits: 2) else { return false }
        (time.hour, time.minute) = (hour, minute)
        guard !colons || scanner.take(UInt8(ascii: ":")) else { return true }
        guard let second = scanner.number(ofDigits: 2) else { return !colons }
        time.second = second
        guard scanner.take(anyOf: ".,") != nil else { return true }
        guard let millisecond = scanner.fraction() else { return false }
        time.millisecond = millisecond
        return true
    }

    /// Reads the three forms of RFC 9110 §5.6.7: IMF-fixdate, RFC 850 and asctime.
    ///
    /// A two-digit year is 2000 to 2069 or 1970 to 1999.
    package static func http(_ text: String) -> Int64? {
        var scanner = TextScanner(text)
        guard scanner.word() != nil else { return nil }
        return scanner.take(UInt8(ascii: ",")) ? fixdate(&scanner) : asctime(&scanner)
    }

    private static func fixdate(_ scanner: inout TextScanner) -> Int64? {
        guard scanner.take(UInt8(ascii: " ")), let day = scanner.number(ofDigits: 1...2),
            let separator = scanner.take(anyOf: " -"), let month = scanner.word().flatMap(CivilTime.month(named:)),
            scanner.take(separator), let year = scanner.number(ofDigits: 2...4), scanner.take(UInt8(ascii: " "))
        else { return nil }
        var time = CivilTime(month: month, day: day)
        time.year = year >= 100 ? year : year + (year < 70 ? 2000 : 1900)
        guard readClock(&scanner, into: &time), scanner.take(" "), let zone = scanner.zone(), scanner.isAtEnd else {
            return nil
        }
        return time.epochMilliseconds(offset: zone)
    }

    private static func asctime(_ scanner: inout TextScanner) -> Int64? {
        guard scanner.take(" "), let month = scanner.word().flatMap(CivilTime.month(named:)), scanner.take(" ")
        else { return nil }
        _ = scanner.take(" ")
        guard let day = scanner.number(ofDigits: 1...2), scanner.take(" ") else { return nil }
        var time = CivilTime(month: month, day: day)
        guard readClock(&scanner, into: &time), scanner.take(" "), let year = scanner.number(ofDigits: 4),
            scanner.isAtEnd
        else { return nil }
        time.year = year
        return time.epochMilliseconds(offset: 0)
    }

    private static func readClock(_ scanner: inout TextScanner, into time: inout CivilTime) -> Bool {
        guard let hour = scanner.number(ofDigits: 2), scanner.take(":"), let minute = scanner.number(ofDigits: 2),
            scanner.take(":"), let second = scanner.number(ofDigits: 2)
        else { return false }
        (time.hour, time.minute, time.second) = (hour, minute, second)
        return true
    }
}
