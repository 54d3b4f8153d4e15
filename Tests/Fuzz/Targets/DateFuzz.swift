// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// Dates, `Retry-After` and JWTs.
///
/// Parts: a layout, a text, and a second text.
enum DateFuzz {
    /// The years 0 to 9999, a zone's width beyond them.
    private static let range = (-62_167_305_600_000 as Int64)...253_402_387_200_000

    static func run(_ input: [UInt8]) throws {
        let input = FuzzInput(input)
        let text = input.text(1)
        if let moment = DateText.http(text) {
            try require(range.contains(moment), "a date beyond all years")
        }
        if case .moment(let moment) = DateText.iso(text) {
            try require(range.contains(moment), "a date beyond all years")
            try checkWritten(moment)
        }
        let offset = (input.choice - 128) * 3_600
        if let moment = DateFormat(input.text(0))?.epochMilliseconds(text, offset: offset) {
            try require(abs(moment) < 1_000_000_000_000_000, "a date beyond all years")
        }
        for wall in [0, Int64.max, Int64.min] {
            if let wait = RetryAfterText.duration(text, date: input.text(2), wallNanoseconds: wall) {
                try require(wait >= .zero && wait <= .seconds(365 * 86_400), "a wait beyond a year")
            }
        }
        if let end = JWTExpiry.epochMilliseconds(of: text) {
            try require(JWTExpiry.isJWT(text), "the end of what is no JWT")
            try require((1_000_000_000_000...100_000_000_000_000).contains(end), "an end that is no time")
        }
    }

    /// Written in another zone and as a layout, the moment is read as the same.
    private static func checkWritten(_ moment: Int64) throws {
        let day = 86_400_000 as Int64
        let days = moment >= 0 ? moment / day : (moment - day + 1) / day
        guard let date = civil(days), let second = DateFormat("%s.%f") else { return }
        let time = moment - days * day
        let clock = [time / 3_600_000, time / 60_000 % 60, time / 1_000 % 60].map { padded($0, 2) }
        let fraction = padded(time % 1_000, 3)
        let written = "\(date)T\(clock.joined(separator: ":")).\(fraction)+00:00"
        try require(DateText.iso(written) == .moment(moment), "\(written) is read as another moment")
        if moment >= 0 {
            let read = second.epochMilliseconds("\(moment / 1_000).\(fraction)", offset: 0)
            try require(read == moment, "the layout reads another moment")
        }
    }

    /// Counts the years off, which is slow and plainly right.
    private static func civil(_ days: Int64) -> String? {
        var rest = days + 719_528
        guard rest >= 0 else { return nil }
        var year = rest / 366
        func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && year % 100 != 0 || year % 400 == 0 }
        func start(_ year: Int64) -> Int64 {
            year == 0 ? 0 : 365 * year + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1
        }
        while start(year + 1) <= rest { year += 1 }
        guard year <= 9_999 else { return nil }
        rest -= start(year)
        var month: Int64 = 1
        for length in [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as [Int64] {
            if rest < length { break }
            rest -= length
            month += 1
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(rest + 1, 2))"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
