// SPDX-License-Identifier: Apache-2.0

import RelayCore
import Testing

@Suite struct FailureAdviceTests {
    static let fetchFailures: [TokenFetchFailure] =
        TokenFetchFailure.Transport.allCases.map { TokenFetchFailure(.transport($0, detail: "")) }
        + [200, 400, 401, 403, 404, 429, 500, 503].map { TokenFetchFailure(.refused(status: $0, code: nil)) }
        + [
            .unsuccessful(code: nil), .badAnswer(reason: "no token"), .illegalToken, .expiredOnArrival,
            .exec(.notFound), .file(.missing), .secretUnavailable(name: "RELAY_X"), .timeout,
        ].map { TokenFetchFailure($0) }

    private func check(_ advice: Advice) {
        for sentence in [advice.cause, advice.cure] {
            #expect(sentence.english.hasSuffix("."))
            #expect(sentence.english.utf8.allSatisfy { (0x20...0x7E).contains($0) })
            #expect(sentence.chinese.hasSuffix("。"))
            #expect(sentence.chinese.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) })
        }
        #expect(advice.cause != advice.cure)
    }

    @Test(arguments: everyFailure)
    func `Every failure has a cause and a cure in both languages`(_ failure: RelayFailure) { check(failure.advice) }

    @Test(arguments: fetchFailures)
    func `Every failed fetch has them too`(_ failure: TokenFetchFailure) { check(failure.advice) }

    @Test(arguments: [400, 401, 403, 404, 422, 429, 500, 503, 599])
    func `So has an error of upstream's own`(_ status: Int) throws {
        check(try #require(ExchangeOutcome.upstreamStatus.advice(status: status)))
    }

    @Test func `Success needs no advice`() { #expect(ExchangeOutcome.ok.advice(status: 200) == nil) }

    /// Variables both languages name must be the same ones, else one reader turns the wrong screw.
    @Test(arguments: everyFailure)
    func `Both languages name the same variables`(_ failure: RelayFailure) {
        for sentence in [failure.advice.cause, failure.advice.cure] {
            #expect(variables(sentence.english) == variables(sentence.chinese))
        }
    }

    private func variables(_ text: String) -> Set<Substring> {
        Set(text.split { !("A"..."Z" ~= $0 || $0 == "_" || "0"..."9" ~= $0) }.filter { $0.hasPrefix("RELAY_") })
    }

    @Test(arguments: everyFailure)
    func `Labels come from small sets`(_ failure: RelayFailure) {
        #expect(failure.outcome.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) })
        #expect(failure.outcome == failure.code)
        // What hangs on upstream is counted as upstream's error, and nothing else is.
        #expect((failure.side == .upstream) == (failure.upstreamKind != nil))
    }

    @Test func `Every kind of upstream error is reached`() {
        #expect(Set(everyFailure.compactMap(\.upstreamKind)) == Set(UpstreamErrorKind.allCases))
    }
}
