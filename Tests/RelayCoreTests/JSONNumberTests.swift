// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

@Suite struct JSONNumberTests {
    @Test(
        "Every spelling of an integer is read exactly",
        arguments: [
            ("300", 300), ("300.0", 300), ("3e2", 300), ("3E+2", 300), ("30000e-2", 300), ("0.3e3", 300),
            ("3.00e2", 300), ("0", 0), ("-0", 0), ("0.000", 0), ("0e999999999999999999999999", 0), ("-5", -5),
            ("0e-999999999999999999999999", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775807.000", .max), ("9.223372036854775807e18", .max), ("-9.223372036854775808E18", .min),
            ("1e18", 1_000_000_000_000_000_000), ("1000000000000000000000e-21", 1), ("123456789e0", 123_456_789),
            ("0.00000000000000000000000000000000000007e38", 7),
        ] as [(String, Int64)])
    func readsIntegers(text: String, value: Int64) {
        #expect(JSONNumber.exactInteger(text) == value)
    }

    @Test(
        "Fractions, numbers beyond 64 bits and texts that are not JSON numbers have no integer",
        arguments: [
            "300.5", "0.1", "1e-1", "15e-1", "9223372036854775808", "-9223372036854775809", "1e19", "1e400",
            "1e999999999999999999999999", "-1e999999999999999999999999", "1e-999999999999999999999999",
            "99999999999999999999999999", "", "-", "+5", "05", " 5", "5 ", "0x5", "1_0", "١", "NaN", "inf", "1e", "1.",
            ".1", "true", "5\u{0}", "\u{FF15}", "--5", "1e5e5",
        ])
    func refusesIntegers(text: String) {
        #expect(JSONNumber.exactInteger(text) == nil)
    }

    @Test("A number of a million digits is read or refused, not trapped on")
    func survivesLongNumbers() {
        let zeros = String(repeating: "0", count: 1_000_000)
        #expect(JSONNumber.exactInteger("7" + zeros + "e-1000000") == 7)
        #expect(JSONNumber.exactInteger("0." + zeros + "7e1000001") == 7)
        #expect(JSONNumber.exactInteger("7" + zeros) == nil)
        #expect(JSONNumber.exactInteger(String(repeating: "9", count: 1_000_000)) == nil)
        #expect(JSONNumber.double("7" + zeros) == nil)
    }

    @Test(
        "Finite fractions are read",
        arguments: [
            ("0", 0), ("-0.5", -0.5), ("300.5", 300.5), ("1e308", 1e308), ("5e-324", .leastNonzeroMagnitude),
            ("1e-400", 0),
            ("0.1", 0.1), ("12345678901234567890", 12_345_678_901_234_567_168),
        ] as [(String, Double)])
    func readsFractions(text: String, value: Double) {
        #expect(JSONNumber.double(text) == value)
    }

    @Test(
        "Infinite values and other spellings are not fractions",
        arguments: ["1e309", "-1e309", "inf", "nan", "Infinity", "0x1p3", "+1", " 1", "1 ", "1.", ".5", "", "1f"])
    func refusesFractions(text: String) {
        #expect(JSONNumber.double(text) == nil)
    }

    @Test("Booleans and strings are not numbers")
    func keepsKindsApart() throws {
        let value = try JSONValue(parsing: Array(#"[true,"300",300]"#.utf8))
        #expect(value.arrayValue?.map(\.integerValue) == [nil, nil, 300])
        #expect(value.arrayValue?.map(\.doubleValue) == [nil, nil, 300])
    }
}
