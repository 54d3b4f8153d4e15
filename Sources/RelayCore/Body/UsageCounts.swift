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
    private static let maximum: Int64 = 1_000_000_000_000

    /// Reads a `usage` object of chat, responses, embeddings or rerank answers; nil if it holds no count.
    ///
    /// Where only a total is given (embeddings, rerank) it is the prompt's.
    package init?(usage: JSONValue) {
        let prompt = Self.count(usage, "prompt_tokens", "input_tokens")
        let completion = Self.count(usage, "completion_tokens", "output_tokens")
        let total = Self.count(usage, "total_tokens", "total_tokens")
        guard prompt != nil || completion != nil || total != nil else { return nil }
        self.completion = completion ?? 0
        self.prompt = prompt ?? max(0, (total ?? 0) - self.completion)
        cached =
            Self.detail(usage, "cached_tokens", of: "prompt_tokens_details", "input_tokens_details")
            ?? Self.count(usage, "prompt_cache_hit_tokens", "cached_tokens") ?? 0
        reasoning =
            Self.detail(usage, "reasoning_tokens", of: "completion_tokens_details", "output_tokens_details") ?? 0
    }

    private static func detail(_ usage: JSONValue, _ name: String, of first: String, _ second: String) -> Int? {
        (usage[first] ?? usage[second]).flatMap { count($0, name, name) }
    }

    /// The first of the two members that is a whole number in range.
    private static func count(_ object: JSONValue, _ first: String, _ second: String) -> Int? {
        for name in [first, second] {
            if let value = object[name]?.integerValue, 0...maximum ~= value { return Int(value) }
        }
        return nil
    }
}
