// SPDX-License-Identifier: Apache-2.0

/// The counts in one `usage` object by the members that gateways use, found without building a tree.
struct UsageMembers {
    enum Name: Int, CaseIterable {
        case promptTokens, inputTokens, completionTokens, outputTokens, totalTokens, promptCacheHitTokens, cachedTokens
        case promptDetails, inputDetails, completionDetails, outputDetails

        private var text: String {
            switch self {
            case .promptTokens: "prompt_tokens"
            case .inputTokens: "input_tokens"
            case .completionTokens: "completion_tokens"
            case .outputTokens: "output_tokens"
            case .totalTokens: "total_tokens"
            case .promptCacheHitTokens: "prompt_cache_hit_tokens"
            case .cachedTokens: "cached_tokens"
            case .promptDetails: "prompt_tokens_details"
            case .inputDetails: "input_tokens_details"
            case .completionDetails: "completion_tokens_details"
            case .outputDetails: "output_tokens_details"
            }
        }

        fileprivate static let spelled = allCases.map { (name: $0, text: Array($0.text.utf8)) }

        /// The member that counts within these details.
        fileprivate var inner: [UInt8]? {
            switch self {
            case .promptDetails, .inputDetails: Self.cached
            case .completionDetails, .outputDetails: Self.reasoning
            default: nil
            }
        }
        private static let cached = Array("cached_tokens".utf8), reasoning = Array("reasoning_tokens".utf8)
    }

    private enum Value {
        case absent
        /// There, but not a whole number in range.
        case unfit
        case count(Int)
    }

    private var values = InlineArray<11, Value>(repeating: .absent)

    subscript(name: Name) -> Int? {
        if case .count(let count) = values[name.rawValue] { count } else { nil }
    }

    /// What the first of the two that is there says, even if that is nothing.
    func details(_ first: Name, _ second: Name) -> Int? {
        if case .absent = values[first.rawValue] { self[second] } else { self[first] }
    }

    /// - Throws: if the text is not one valid JSON object.
    mutating func read(_ json: Span<UInt8>) throws(JSONError) {
        var members = JSONMembers()
        while let member = try members.next(json) {
            guard let name = Name.spelled.first(where: { member.name.equals($0.text, json) })?.name else { continue }
            let value = json.extracting(member.value)
            if let inner = name.inner {
                values[name.rawValue] = try Self.last(inner, in: value)
            } else {
                values[name.rawValue] = Self.count(value)
            }
        }
    }

    /// What the last member called `name` of an object says; of anything but an object, nothing.
    private static func last(_ name: [UInt8], in json: Span<UInt8>) throws(JSONError) -> Value {
        var value = Value.unfit
        guard json.count > 0, json[0] == JSONByte.openBrace else { return value }
        var members = JSONMembers()
        while let member = try members.next(json) {
            if member.name.equals(name, json) { value = count(json.extracting(member.value)) }
        }
        return value
    }

    private static func count(_ json: Span<UInt8>) -> Value {
        guard let number = JSONNumber.exactInteger(json), 0...UsageCounts.maximum ~= number else { return .unfit }
        return .count(Int(number))
    }
}
