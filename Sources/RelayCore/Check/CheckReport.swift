// SPDX-License-Identifier: Apache-2.0
import RelayBase

/// All steps of one check, in order.
package struct CheckReport: Sendable {
    package private(set) var results: [CheckResult] = []

    package init() {}

    package mutating func append(_ result: CheckResult) { results.append(result) }

    package func count(_ word: String) -> Int { results.count { $0.word == word } }

    /// Warnings pass: everything works.
    package var isPassed: Bool { !results.isEmpty && !results.contains(where: \.isFailed) }

    package var exitCode: Int32 { isPassed ? 0 : 1 }

    /// The report for machines: one object, one line.
    package func json(_ language: CheckLanguage, took time: Duration) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("passed", isPassed)
            json.member("version", Version.number)
            json.member("seconds", Self.rounded(time.seconds))
            for word in ["passed", "warned", "failed", "skipped"] { json.member(word + "_steps", count(word)) }
            json.name("steps")
            json.array { json in
                for result in results { Self.write(result, language, &json) }
            }
        }
        return json.bytes
    }

    private static func write(_ result: CheckResult, _ language: CheckLanguage, _ json: inout JSONWriter) {
        json.object { json in
            json.member("step", result.step.id)
            if let host = result.step.host { json.member("host", host) }
            json.member("outcome", result.word)
            if let time = result.time { json.member("ms", rounded(time.seconds * 1_000)) }
            let detail = language.text(result.detail)
            if !detail.isEmpty { json.member("detail", detail) }
            for figure in result.figures { json.member(figure.name, rounded(figure.value)) }
            guard !result.findings.isEmpty else { return }
            json.name("findings")
            json.array { json in
                for finding in result.findings {
                    json.object { json in
                        json.member("code", finding.code.rawValue)
                        json.member("cause", language.text(finding.advice.cause))
                        json.member("cure", language.text(finding.advice.cure))
                    }
                }
            }
        }
    }

    private static func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
}
