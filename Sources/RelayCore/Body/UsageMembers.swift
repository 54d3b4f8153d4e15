// SPDX-License-Identifier: Apache-2.0

/// The counts in one `usage` object by the members that gateways use, found without building a tree.
struct UsageMembers {
    enum Name: Int, CaseIterable {
        case promptTokens, inputTokens, completionTokens, outputTokens, totalTokens, promptCacheHitTokens, cachedTokens
        case promptDetails, inputDetails, completionDetails, outputDetails

        fileprivate static let texts: [[UInt8]] = [
            "prompt_tokens", "input_tokens", "completion_tokens", "output_tokens", "total_tokens",
            "prompt_cache_hit_tokens", "cached_tokens", "prompt_tokens_details", "input_tokens_details",
            "completion_tokens_details", "output_tokens_details",
        ].map { Array($0.utf8) }

        /// The member that counts within these details.
        fileprivate var inner: [UInt8]? {
            switch self {
            case .promptDetails, .inputDetails: Self.texts[Name.cachedTokens.rawValue]
            case .completionDetails, .outputDetails: Self.reasoning
            default: nil
            }
        }
        private static let reasoning = Array("reasoning_tokens".utf8)
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
            guard let name = Name.allCases.first(where: { member.name.equals(Name.texts[$0.rawValue], json) }) else {
                continue
            }
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
