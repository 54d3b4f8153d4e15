// SPDX-License-Identifier: Apache-2.0

/// A date and a time of day in the proleptic Gregorian calendar, without a zone.
struct CivilTime: Equatable {
    var year = 1970
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    /// 60 is a leap second and counts as the first second of the next minute.
    var second = 0
    var millisecond = 0

    /// Milliseconds since 1970-01-01 00:00 UTC if the clock on the wall stands `offset` seconds east of UTC; nil if there
    /// is no such date.
    func epochMilliseconds(offset: Int) -> Int64? {
        guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            day <= Self.days(inMonth: month, of: year), (0...23).contains(hour), (0...59).contains(minute),
            (0...60).contains(second), (0...999).contains(millisecond), abs(offset) <= 86_400
        else { return nil }
        // Days from civil: years start in March, so that the leap day is the last one.
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        return Int64(seconds) * 1_000 + Int64(millisecond)
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// 1 to 12 for an English month name or its first three letters, whatever the case.
    static func month(named name: some StringProtocol) -> Int? {
        let names = [
            "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
            "november", "december",
        ]
        let wanted = name.lowercased()
        return names.firstIndex { $0 == wanted || $0.prefix(3) == wanted }.map { $0 + 1 }
    }
}
