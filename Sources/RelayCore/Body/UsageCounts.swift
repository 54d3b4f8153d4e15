// SPDX-License-Identifier: Apache-2.0

/// What an answer says it cost, in model tokens.
package struct UsageCounts: Hashable, Sendable {
    package var prompt = 0
    package var completion = 0
    /// The part of `prompt` that came from a cache.
    package var cached = 0
    /// The part of `completion` that was reasoning.
    package var reasoning = 0

    package init(prompt: Int = 0, completion: Int = 0, cached: Int = 0, reasoning: Int = 0) {
        (self.prompt, self.completion, self.cached, self.reasoning) = (prompt, completion, cached, reasoning)
    }

    /// Beyond any answer; a larger number is a fault or an attack on the sums kept of these.
    package static let maximum: Int64 = 1_000_000_000_000

    /// Reads a `usage` object of chat, responses, embeddings or rerank answers; nil if it holds no count, or is not one
    /// valid JSON object.
    ///
    /// Where only a total is given (embeddings, rerank) it is the prompt's. Of members of one name the last counts.
    package init?(json: Span<UInt8>) {
        var found = UsageMembers()
        guard (try? found.read(json)) != nil else { return nil }
        let prompt = found[.promptTokens] ?? found[.inputTokens]
        let completion = found[.completionTokens] ?? found[.outputTokens]
        guard prompt != nil || completion != nil || found[.totalTokens] != nil else { return nil }
        self.completion = completion ?? 0
        self.prompt = prompt ?? max(0, (found[.totalTokens] ?? 0) - self.completion)
        let details = found.details(.promptDetails, .inputDetails)
        cached = details ?? found[.promptCacheHitTokens] ?? found[.cachedTokens] ?? 0
        reasoning = found.details(.completionDetails, .outputDetails) ?? 0
    }
}
