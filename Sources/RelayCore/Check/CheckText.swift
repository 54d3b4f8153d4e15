// SPDX-License-Identifier: Apache-2.0
import RelayBase

/// A report as lines for people: one a step, and beneath it what is wrong and what to do.
package struct CheckText: Sendable {
    package var language: CheckLanguage
    /// Colours and symbols: for a terminal, unless `NO_COLOR` is set.
    package var isColoured: Bool

    package init(_ language: CheckLanguage, isColoured: Bool) {
        (self.language, self.isColoured) = (language, isColoured)
    }

    private enum Paint: String {
        case green = "\u{1B}[32m"
        case yellow = "\u{1B}[33m"
        case red = "\u{1B}[31m"
        case faint = "\u{1B}[2m"
        case bold = "\u{1B}[1m"
    }

    private static let labelWidth = 20

    /// The lines of one step, line end included.
    package func text(_ result: CheckResult) -> String {
        var line = mark(result) + " " + padded(language.text(result.step.label), to: Self.labelWidth)
        line += " " + paddedLeft(result.time.map(Self.text) ?? "", to: 8)
        let detail = [result.step.host ?? "", language.text(result.detail)].filter { !$0.isEmpty }.joined(
            separator: ": ")
        if !detail.isEmpty { line += "  " + (result.word == "skipped" ? painted(detail, .faint) : detail) }
        var lines = [line]
        let indent = String(repeating: " ", count: 5)
        let words = language == .english ? ("cause: ", "cure:  ") : ("原因：", "对策：")
        for finding in result.findings {
            lines.append(indent + painted(words.0, .bold) + language.text(finding.advice.cause))
            let cure = language.text(finding.advice.cure)
            if !cure.isEmpty { lines.append(indent + painted(words.1, .bold) + cure) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The last line.
    package func summary(_ report: CheckReport, took time: Duration) -> String {
        let (passed, warned) = (report.count("passed"), report.count("warned"))
        let (failed, skipped) = (report.count("failed"), report.count("skipped"))
        let text =
            switch language {
            case .english:
                [
                    "\(passed) passed", warned > 0 ? "\(warned) with a warning" : "", "\(failed) failed",
                    skipped > 0 ? "\(skipped) skipped" : "",
                ].filter { !$0.isEmpty }.joined(separator: ", ") + " in \(Self.text(time))"
            case .chinese:
                [
                    "通过 \(passed)", warned > 0 ? "警告 \(warned)" : "", "失败 \(failed)",
                    skipped > 0 ? "跳过 \(skipped)" : "",
                ].filter { !$0.isEmpty }.joined(separator: "，") + "，用时 \(Self.text(time))"
            }
        return "\n" + painted(text, report.isPassed ? .green : .red) + "\n"
    }

    /// What a terminal shows while a step takes long.
    package func progress(_ step: CheckStep, after time: Duration) -> String {
        let words = language == .english ? "waiting" : "等待中"
        return "   … " + language.text(step.label) + ": \(words) \(Int(time.seconds)) s"
    }

    /// Three digits that matter: `0.4 ms`, `12 ms`, `1.25 s`.
    package static func text(_ time: Duration) -> String {
        let microseconds = max(0, time.nanoseconds / 1_000)
        switch microseconds {
        case ..<9_950: return decimal(microseconds, unit: 1_000, digits: 1) + " ms"
        case ..<999_500: return "\((microseconds + 500) / 1_000) ms"
        case ..<99_950_000: return decimal(microseconds, unit: 1_000_000, digits: 2) + " s"
        default: return "\((microseconds + 500_000) / 1_000_000) s"
        }
    }

    private static func decimal(_ value: Int64, unit: Int64, digits: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = (value * scale + unit / 2) / unit
        let rest = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: digits - rest.count) + rest
    }

    private func mark(_ result: CheckResult) -> String {
        switch result.outcome {
        case .passed: isColoured ? painted(" ✓  ", .green) : "ok  "
        case .warned: isColoured ? painted(" !  ", .yellow) : "warn"
        case .failed: isColoured ? painted(" ✗  ", .red) : "FAIL"
        case .skipped: isColoured ? painted(" –  ", .faint) : "skip"
        }
    }

    private func painted(_ text: String, _ paint: Paint) -> String {
        isColoured ? paint.rawValue + text + "\u{1B}[0m" : text
    }

    private func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - Self.columns(text)))
    }

    private func paddedLeft(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - Self.columns(text))) + text
    }

    /// Chinese characters are two columns wide on a terminal.
    private static func columns(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x2E80 ? 2 : 1) }
    }
}
