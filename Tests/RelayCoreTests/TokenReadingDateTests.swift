// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

/// 2025-04-08T02:46:09Z.
private let moment: Int64 = 1_744_080_369_000

struct TokenReadingDateTests {
    @Test(
        "ISO 8601 is read with and without fraction, in every spelling of the zone",
        arguments: [
            ("2025-04-08T02:46:09Z", 0), ("2025-04-08t02:46:09z", 0), ("2025-04-08 02:46:09Z", 0),
            ("2025-04-08T10:46:09+08:00", 0), ("2025-04-08T10:46:09+0800", 0), ("2025-04-08T10:46:09+08", 0),
            ("2025-04-08 10:46:09 +08:00", 0), ("2025-04-07T21:16:09-05:30", 0), ("2025-04-08 02:46:09 UTC", 0),
            ("2025-04-08 02:46:09 GMT", 0), ("20250408T024609Z", 0), ("2025-04-08T02:46:09.5Z", 500),
            ("2025-04-08T02:46:09.123456Z", 123), ("2025-04-08T02:46:09,123456789+00:00", 123),
            ("2025-04-08T02:46Z", -9_000), ("2025-04-08T02:45:69Z", nil), ("2025-04-08T02:45:60Z", -9_000),
        ] as [(String, Int64?)])
    func isoMoments(text: String, offset: Int64?) {
        #expect(DateText.iso(text) == offset.map { .moment(moment + $0) })
    }

    @Test(
        "a date without a zone says so", arguments: ["2025-04-08 10:46:09", "2025-04-08T10:46:09.123", "2025-04-08"])
    func isoZoneless(text: String) {
        #expect(DateText.iso(text) == .zoneless)
    }

    @Test(
        "what is no date is none",
        arguments: [
            "", "abc", "2025", "2025-13-08T00:00:00Z", "2025-00-08T00:00:00Z", "2025-02-29T00:00:00Z",
            "2025-04-31T00:00:00Z", "1900-02-29T00:00:00Z", "2025-04-08T24:00:00Z", "2025-04-08T10:60:00Z",
            "2025-04-08T10:46:09.Z", "2025-04-08T10:46:09+8", "2025-04-08T10:46:09+08:", "2025-04-08T10:46:09+24:00",
            "2025-04-08T10:46:09Zx", "2025-04-08T", "2025-04-08T10:46:", "+2025-04-08T10:46:09Z",
            "0000-01-01T00:00:00Z",
            "2025-04-08T10:46:09 Europe/Berlin", "２０２５-04-08T00:00:00Z",
        ])
    func isoRefused(text: String) {
        #expect(DateText.iso(text) == nil)
    }

    @Test(
        "leap days count",
        arguments: [("2024-02-29T00:00:00Z", 1_709_164_800_000), ("2000-02-29T00:00:00Z", 951_782_400_000)])
    func leapDays(text: String, milliseconds: Int64) {
        #expect(DateText.iso(text) == .moment(milliseconds))
    }

    @Test("the epoch and a date before it are exact")
    func epoch() {
        #expect(DateText.iso("1970-01-01T00:00:00Z") == .moment(0))
        #expect(DateText.iso("1969-12-31T23:59:59.999Z") == .moment(-1))
        #expect(DateText.iso("9999-12-31T23:59:59Z") == .moment(253_402_300_799_000))
    }

    @Test(
        "the three forms of RFC 9110 name one moment",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
            "Sun, 6 Nov 1994 08:49:37 GMT", "sun, 06 nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 09:49:37 +0100",
        ])
    func httpDates(text: String) {
        #expect(DateText.http(text) == 784_111_777_000)
    }

    @Test(
        "what is no HTTP date is none",
        arguments: [
            "", "0", "Sun", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 PST", "Sun, 06 Nov 1994 25:49:37 GMT",
        ])
    func httpRefused(text: String) {
        #expect(DateText.http(text) == nil)
    }

    @Test(
        "a layout reads its dates in the configured zone, or in the zone of the text",
        arguments: [
            ("%Y-%m-%d %H:%M:%S", "2025-04-08 10:46:09"), ("%Y-%m-%d %H:%M:%S", "2025-4-8 10:46:9"),
            ("%Y/%m/%d %H:%M:%S.%f", "2025/04/08 10:46:09.0004"), ("%Y%m%d%H%M%S", "20250408104609"),
            ("%d %b %Y %I:%M:%S %p", "8 Apr 2025 10:46:09 AM"), ("%d.%m.%y %T", "08.04.25 10:46:09"),
            ("%a %B %e %T %Y", "Tue April  8 10:46:09 2025"), ("%F %T%z", "2025-04-08 02:46:09Z"),
            ("%F %T %z", "2025-04-08 04:46:09 +0200"), ("%s", "1744080369"),
            ("yyyy-MM-dd HH:mm:ss", "2025-04-08 10:46:09"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSS", "2025-04-08T10:46:09.000"), ("yyyyMMddHHmmss", "20250408104609"),
            ("yyyy年MM月dd日 HH:mm:ss", "2025年04月08日 10:46:09"), ("yyyy-MM-dd'T'HH:mm:ssXXX", "2025-04-08T02:46:09Z"),
        ])
    func layouts(layout: String, text: String) {
        #expect(DateFormat(layout)?.epochMilliseconds(text, offset: 8 * 3_600) == moment)
    }

    @Test("noon and midnight on a twelve-hour clock")
    func twelveHours() throws {
        let format = try #require(DateFormat("%Y-%m-%d %I:%M %p"))
        let midnight = try #require(format.epochMilliseconds("2025-04-08 12:00 am", offset: 0))
        #expect(format.epochMilliseconds("2025-04-08 12:00 PM", offset: 0) == midnight + 43_200_000)
        #expect(format.epochMilliseconds("2025-04-08 13:00 PM", offset: 0) == nil)
    }

    @Test(
        "a layout without a day, or with an unknown directive, is none",
        arguments: ["", "%H:%M", "%Y-%m-%d %Q", "%", "%Y", "yyyy-MM-dd Q", "HH:mm", "yyyy-MM-dd'T"])
    func badLayouts(layout: String) {
        #expect(DateFormat(layout) == nil)
    }

    @Test(
        "a text that does not fit its layout is none",
        arguments: ["", "2025-04-08", "2025-04-08 10:46:09 ", "2025-04-08T10:46:09", "2025-02-30 10:46:09"])
    func misfits(text: String) {
        #expect(DateFormat("%Y-%m-%d %H:%M:%S")?.epochMilliseconds(text, offset: 0) == nil)
    }

    @Test(
        "Retry-After is seconds or a date, never negative, never endless",
        arguments: [
            ("40", 40), (" 0 ", 0), ("-1", nil), ("abc", nil), ("99999", 99_999), ("1e300", 31_536_000),
            ("Tue, 08 Apr 2025 02:46:49 GMT", 40), ("Tue, 08 Apr 2025 02:40:00 GMT", 0),
        ] as [(String, Int64?)])
    func retryAfter(text: String, seconds: Int64?) {
        let local = RetryAfterText.duration(text, date: nil, wallNanoseconds: moment * 1_000_000)
        #expect(local == seconds.map { .seconds($0) })
        // The issuer's own clock wins over a local one that is an hour off.
        let skewed = RetryAfterText.duration(
            text, date: "Tue, 08 Apr 2025 02:46:09 GMT", wallNanoseconds: (moment + 3_600_000) * 1_000_000)
        #expect(skewed == local)
    }
}
