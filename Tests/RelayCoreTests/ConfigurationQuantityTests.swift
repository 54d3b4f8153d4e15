// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import Testing

@Suite struct ConfigurationQuantityTests {
    @Test(
        arguments: [
            ("500ms", 500), ("10s", 10_000), ("5m", 300_000), ("1h", 3_600_000), ("2d", 172_800_000), ("0", 0),
            ("10", 10_000), ("0.5", 500), ("1.5s", 1_500), ("1m30s", 90_000), ("1h0m0s", 3_600_000), ("10S", 10_000),
            ("1M", 60_000), ("00010s", 10_000), ("0.001", 1), ("1s500ms", 1_500), ("2.25h", 8_100_000),
        ]
    ) func `A duration is read to the millisecond`(text: String, milliseconds: Int64) throws {
        #expect(try ConfigurationValue.duration(text) == .milliseconds(milliseconds))
    }

    @Test func `A duration keeps nanoseconds and the largest that fits`() throws {
        #expect(try ConfigurationValue.duration("0.000000001") == .nanoseconds(1))
        #expect(try ConfigurationValue.duration("9223372036s") == .seconds(9_223_372_036))
    }

    @Test(
        arguments: [
            "", " ", "s", "ms", "10 s", "-1s", "+1s", "1e3", "10x", "10sec", "1s1m", "1s1s", "1m30", ".5s", "5.s",
            "1..5s",
            "٣s", "10s ", "0x10", "1.0000000001s", "1,5s", "off", "99999999999999999999", "NaN", "inf", "1_000",
        ]
    ) func `What is no duration is refused`(text: String) {
        #expect(
            refusal { () throws(ValueError) in try ConfigurationValue.duration(text) }?.contains("duration") == true)
    }

    @Test(arguments: ["9223372037s", "18446744073709551615h", "200000d", "106751d24h"])
    func `A duration beyond 292 years is refused, not trapped on`(text: String) {
        #expect(refusal { () throws(ValueError) in try ConfigurationValue.duration(text) } == "is too long a time")
    }

    @Test(
        arguments: [
            ("0", 0), ("1", 1), ("64KiB", 65_536), ("64K", 65_536), ("64kib", 65_536), ("64KB", 64_000),
            ("64MiB", 67_108_864), ("1GB", 1_000_000_000), ("1GiB", 1_073_741_824), ("1g", 1_073_741_824),
            ("10mb", 10_000_000),
            ("5B", 5), ("1TB", 1_000_000_000_000), ("1T", 1_099_511_627_776), ("007k", 7_168),
        ]
    ) func `A size is read; KB is decimal and K binary`(text: String, bytes: Int) throws {
        #expect(try ConfigurationValue.size(text) == bytes)
    }

    @Test(
        arguments: [
            "", "K", "-1", "+1", "1.5MiB", "64 MiB", "64MiBs", "64kbit", "1e6", "0x10", "64M iB", "٣K",
            "9223372036854775808",
            "9007199254740993KiB", "18446744073709551616", "8589934592GiB",
        ]
    ) func `What is no size is refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try ConfigurationValue.size(text) } != nil)
    }

    @Test func `The largest size fits`() throws {
        #expect(try ConfigurationValue.size("9223372036854775807") == .max)
    }

    @Test(arguments: ["true", "1", "yes", "on", "TRUE", "On"]) func `Words for true`(text: String) throws {
        #expect(try ConfigurationValue.boolean(text))
    }

    @Test(arguments: ["false", "0", "no", "off", "OFF"]) func `Words for false`(text: String) throws {
        #expect(try !ConfigurationValue.boolean(text))
    }

    @Test(arguments: ["", "2", "y", "enabled", "true ", "tru"]) func `Other words are neither`(text: String) {
        #expect(
            refusal { () throws(ValueError) in try ConfigurationValue.boolean(text) } == "is neither true nor false")
    }

    @Test(arguments: ["+5", "-5", "", " 5", "5 ", "0x5", "5.0", "٥", "5_0"]) func `Whole numbers are digits alone`(
        text: String
    ) {
        #expect(refusal { () throws(ValueError) in try ConfigurationValue.integer(text) } == "is not a whole number")
    }

    @Test func `A whole number that does not fit is refused`() {
        #expect(
            refusal { () throws(ValueError) in try ConfigurationValue.integer("9223372036854775808") }
                == "is too large a number")
    }

    @Test(arguments: [("0.1", 0.1), ("0", 0), ("0.5", 0.5), ("1", 1)]) func `A share is a decimal`(
        text: String, value: Double
    ) throws {
        #expect(try ConfigurationValue.fraction(text) == value)
    }

    @Test(arguments: ["", "-0.1", "1e-1", ".1", "0.", "10%", "nan", "0,1"]) func `A share is nothing else`(text: String)
    {
        #expect(refusal { () throws(ValueError) in try ConfigurationValue.fraction(text) } != nil)
    }

    @Test(
        arguments: [
            (Duration.seconds(90), "90s"), (.seconds(3_600), "1h"), (.milliseconds(500), "500ms"), (.zero, "0s"),
            (.seconds(300), "5m"), (.seconds(86_400), "1d"),
        ]
    ) func `A duration prints as it may be written`(duration: Duration, text: String) throws {
        #expect(duration.configurationText == text)
        #expect(try ConfigurationValue.duration(text) == duration)
    }

    @Test(
        arguments: [
            ("RELAY_QUEUE_WAIT", "0", "(1ms to 1h)"), ("RELAY_MAX_FIELDS", "0", "(1 to 10000)"),
            ("RELAY_MAX_HEADER", "1K1", "KiB"), ("RELAY_MAX_HEADER", "17MiB", "(1KiB to 16MiB)"),
            ("RELAY_LOOPS", "257", "(1 to 256, or auto)"), ("RELAY_TOKEN_JITTER", "0.6", "(0.0 to 0.5)"),
            ("RELAY_SSE_HEARTBEAT", "1ms", "(100ms to 1h, or off)"), ("RELAY_MAX_CONNECTIONS", "10k", "(1 to 1000000)"),
        ]
    ) func `A value out of range is quoted with the range`(name: String, value: String, range: String) {
        let found = problems(adding: [name: value])
        #expect(found.map(\.variable) == [name])
        #expect(found.first?.text.contains("\"\(value)\"") == true)
        #expect(found.first?.text.contains(range) == true)
    }

    @Test(arguments: ["off", "OFF", "0", "false", "0s"]) func `A clock that may be off can be switched off`(
        word: String
    ) throws {
        let loaded = try load(adding: ["RELAY_TOTAL_TIMEOUT": word, "RELAY_SSE_HEARTBEAT": word])
        #expect(loaded.configuration.clocks.total == nil)
        #expect(loaded.configuration.clocks.heartbeat == nil)
    }

    @Test func `A clock that may not be off cannot`() {
        #expect(problems(adding: ["RELAY_IDLE_TIMEOUT": "off"]).map(\.variable) == ["RELAY_IDLE_TIMEOUT"])
        #expect(problems(adding: ["RELAY_TOKEN_LEAD": "off"]).map(\.variable) == ["RELAY_TOKEN_LEAD"])
    }
}
