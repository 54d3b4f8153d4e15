// SPDX-License-Identifier: Apache-2.0

/// Wall-clock times as text.
package enum Timestamp {
    /// RFC 3339 in UTC with milliseconds, `2026-11-26T13:43:50.007Z`, from nanoseconds since 1970.
    package static func rfc3339(unixNanoseconds: Int64) -> String {
        var bytes: [UInt8] = []
        append(unixNanoseconds: unixNanoseconds, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func append(unixNanoseconds: Int64, to bytes: inout [UInt8]) {
        let milliseconds = floorDivide(unixNanoseconds, 1_000_000)
        let seconds = floorDivide(milliseconds, 1_000)
        let days = floorDivide(seconds, 86_400)
        let second = seconds - days * 86_400
        let (year, month, day) = civil(days: days)
        // 64 bits of nanoseconds end in 2262: four digits do for every year.
        bytes.append(addingCapacity: 24) { output in
            output.append(decimal: year, digits: 4)
            output.append(UInt8(ascii: "-"))
            output.append(decimal: month, digits: 2)
            output.append(UInt8(ascii: "-"))
            output.append(decimal: day, digits: 2)
            output.append(UInt8(ascii: "T"))
            output.append(decimal: second / 3_600, digits: 2)
            output.append(UInt8(ascii: ":"))
            output.append(decimal: second / 60 % 60, digits: 2)
            output.append(UInt8(ascii: ":"))
            output.append(decimal: second % 60, digits: 2)
            output.append(UInt8(ascii: "."))
            output.append(decimal: milliseconds - seconds * 1_000, digits: 3)
            output.append(UInt8(ascii: "Z"))
        }
    }

    /// IMF-fixdate, `Thu, 26 Nov 2026 13:43:50 GMT` (RFC 9110 §5.6.7).
    package static func http(unixNanoseconds: Int64) -> String {
        let seconds = floorDivide(unixNanoseconds, 1_000_000_000)
        let days = floorDivide(seconds, 86_400)
        let second = seconds - days * 86_400
        let (year, month, day) = civil(days: days)
        var bytes = Array("\(weekdays[Int(days + 4 - floorDivide(days + 4, 7) * 7)]), ".utf8)
        bytes.append(decimal: day, digits: 2)
        bytes.append(contentsOf: " \(months[Int(month - 1)]) ".utf8)
        bytes.append(decimal: year, digits: 4)
        for (mark, part) in [(" ", second / 3_600), (":", second / 60 % 60), (":", second % 60)] {
            bytes.append(contentsOf: mark.utf8)
            bytes.append(decimal: part, digits: 2)
        }
        bytes.append(contentsOf: " GMT".utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The Gregorian date of a day counted from 1970-01-01.
    ///
    /// The year begins in March here, so that the leap day is its last; 400 years are a period of 146097 days.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}

extension OutputSpan<UInt8> {
    /// Appends a number that is not negative, with at least so many digits, eight at most.
    fileprivate mutating func append(decimal value: Int64, digits: Int) {
        // Eight digits fit a word, the first in its lowest place.
        if value >= 100_000_000 {
            append(decimal: value / 100_000_000, digits: digits - 8)
            return append(decimal: value % 100_000_000, digits: 8)
        }
        var rest = UInt32(truncatingIfNeeded: value)
        var packed: UInt64 = 0
        var written = 0
        while rest > 0 || written < digits {
            packed = packed << 8 | UInt64(0x30 + rest % 10)
            rest /= 10
            written += 1
        }
        for place in 0..<written { append(UInt8(truncatingIfNeeded: packed &>> UInt64(8 * place))) }
    }
}

extension [UInt8] {
    /// Appends a number that is not negative, with at least so many digits, eight at most.
    mutating func append(decimal value: Int64, digits: Int) {
        // As many as 63 bits have.
        append(addingCapacity: 19) { $0.append(decimal: value, digits: digits) }
    }
}
