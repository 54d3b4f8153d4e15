// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

/// How a report reads: lines for people, one object for machines.
@Suite("Check: reports")
struct CheckReportTests {
    private static let finding = CheckFinding(
        .clockOff, cause: Sentence("the clock is off", "时钟不准"), cure: Sentence("set it", "请校准"))
    private static let samples = [
        CheckResult(
            CheckStep(.configuration), .passed, time: .microseconds(3_240),
            detail: Sentence("4 variables are set", "已设置 4 个变量")),
        CheckResult(CheckStep(.tls, .issuer), .passed, time: .milliseconds(46)),
        CheckResult(CheckStep(.clock), .warned([finding]), time: .zero),
        CheckResult(CheckStep(.stream, .upstream), .failed([finding]), time: .milliseconds(1_234)),
        CheckResult(CheckStep(.rerank, .upstream), .skipped, time: nil, detail: Sentence("needs models", "依赖：模型列表")),
    ]

    private func report(_ results: [CheckResult]) -> CheckReport {
        var report = CheckReport()
        for result in results { report.append(result) }
        return report
    }

    @Test("plain lines in English")
    func english() {
        let text = CheckText(.english, isColoured: false)
        let lines =
            Self.samples.map { text.text($0) }.joined() + text.summary(report(Self.samples), took: .milliseconds(2_500))
        #expect(
            lines == """
                ok   configuration          3.2 ms  4 variables are set
                ok   issuer TLS              46 ms
                warn clock                  0.0 ms
                     cause: the clock is off
                     cure:  set it
                FAIL upstream streamed chat   1.23 s
                     cause: the clock is off
                     cure:  set it
                skip upstream rerank                needs models

                2 passed, 1 with a warning, 1 failed, 1 skipped in 2.50 s

                """)
    }

    @Test("Chinese keeps its columns, since a character is two wide")
    func chinese() {
        let text = CheckText(.chinese, isColoured: false)
        #expect(text.text(Self.samples[0]) == "ok   配置                   3.2 ms  已设置 4 个变量\n")
        #expect(text.text(Self.samples[2]).contains("     原因：时钟不准\n     对策：请校准\n"))
        #expect(text.summary(report([Self.samples[0]]), took: .seconds(1)) == "\n通过 1，失败 0，用时 1.00 s\n")
    }

    @Test("colours and symbols only where they are wanted, and always switched off again")
    func colours() {
        for result in Self.samples {
            #expect(!CheckText(.english, isColoured: false).text(result).contains("\u{1B}"))
            let painted = CheckText(.english, isColoured: true).text(result)
            let resets = painted.split(separator: "\u{1B}[0m", omittingEmptySubsequences: false).count
            let escapes = painted.split(separator: "\u{1B}[", omittingEmptySubsequences: false).count
            #expect(resets * 2 - 1 == escapes)
            #expect(escapes > 1)
        }
        let mark = CheckText(.english, isColoured: true).text(Self.samples[0])
        #expect(mark.hasPrefix("\u{1B}[32m ✓  \u{1B}[0m "))
    }

    @Test(
        "times in three digits that matter",
        arguments: [
            (Duration.zero, "0.0 ms"), (.microseconds(949), "0.9 ms"), (.microseconds(9_949), "9.9 ms"),
            (.microseconds(9_950), "10 ms"), (.microseconds(999_499), "999 ms"), (.microseconds(999_500), "1.00 s"),
            (.milliseconds(12_346), "12.35 s"), (.seconds(99.96), "100 s"), (.seconds(300), "300 s"),
            (.seconds(-1), "0.0 ms"),
        ])
    func times(_ time: Duration, _ text: String) { #expect(CheckText.text(time) == text) }

    @Test("the JSON report holds everything, and strict readers can read it")
    func json() throws {
        var results = Self.samples
        results[3].figures = [("pieces", 3), ("first_piece_ms", 1.23456)]
        let json = try JSONValue(parsing: report(results).json(.english, took: .milliseconds(2_500)))
        #expect(json["passed"] == .bool(false))
        #expect(json["failed_steps"]?.integerValue == 1)
        #expect(json["warned_steps"]?.integerValue == 1)
        let steps = try #require(json["steps"]?.arrayValue)
        #expect(
            steps.compactMap { $0["step"]?.stringValue } == [
                "configuration", "issuer_tls", "clock", "upstream_stream", "upstream_rerank",
            ])
        #expect(steps.compactMap { $0["outcome"]?.stringValue } == ["passed", "passed", "warned", "failed", "skipped"])
        #expect(steps[3].value(at: "/findings/0/code")?.stringValue == "clock_off")
        #expect(steps[3].value(at: "/findings/0/cure")?.stringValue == "set it")
        #expect(steps[3]["first_piece_ms"]?.doubleValue == 1.235)
        #expect(steps[4]["ms"] == nil)
    }

    @Test("warnings and skipped steps pass, a failure does not, and neither does nothing at all")
    func exitCode() {
        #expect(report(Self.samples).exitCode == 1)
        #expect(report([Self.samples[0], Self.samples[2], Self.samples[4]]).exitCode == 0)
        #expect(report([]).exitCode == 1)
    }

    @Test(
        "the language follows LC_ALL, LC_MESSAGES and LANG, the first that is set",
        arguments: [
            ([:], CheckLanguage.english), (["LANG": "zh_CN.UTF-8"], .chinese), (["LANG": "en_US.UTF-8"], .english),
            (["LC_ALL": "C", "LANG": "zh_CN"], .english), (["LC_ALL": "", "LANG": "zh_TW"], .chinese),
            (["LC_MESSAGES": "ZH", "LANG": "C"], .chinese),
        ])
    func language(_ environment: [String: String], _ expected: CheckLanguage) {
        #expect(CheckLanguage(environment: environment) == expected)
    }

    @Test("options are read strictly")
    func options() throws {
        func read(_ words: String...) throws -> CheckOptions {
            try CheckOptions(Arguments(["check"] + words), environment: [:])
        }
        let options = try read(
            "--json", "--model", "a", "--model=embeddings=b", "--lang", "zh", "--timeout", "5s",
            "--first-piece-limit=200ms", "--url", "http://r:1")
        #expect(options.isJSON)
        #expect(options.models == ["a", "embeddings=b"])
        #expect(options.language == .chinese)
        #expect(options.limit == .seconds(5))
        #expect(options.slow == .milliseconds(200))
        #expect(options.relayURL == "http://r:1")
        for words in [["--lang", "fr"], ["--timeout", "0s"], ["--timeout", "x"], ["--model"], ["--nope"], ["word"]] {
            #expect(throws: UsageError.self) { try CheckOptions(Arguments(["check"] + words), environment: [:]) }
        }
    }

    @Test("codes are lower-case words, each once")
    func codes() {
        let codes = CheckCause.allCases.map(\.rawValue)
        #expect(Set(codes).count == codes.count)
        #expect(codes.allSatisfy { $0.allSatisfy { $0.isLowercase || $0 == "_" } })
    }
}
