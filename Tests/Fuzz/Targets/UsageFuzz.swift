// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// The observers of answers: how the bytes are cut changes nothing, and of a whole document the usage is the one the
/// JSON parser finds.
enum UsageFuzz {
    static func run(_ input: [UInt8]) throws {
        let input = FuzzInput(input)
        let bytes = input.rest
        let cuts = [bytes.count, 1, 2 + input.choice % 14, max(1, bytes.count / 2)].map { pieces(bytes, $0) }
        for isStream in [false, true] {
            let observers = cuts.map { pieces in
                var observer = isStream ? UsageObserver.eventStream : .document
                for piece in pieces { observer.observe(piece.span) }
                return observer
            }
            for observer in observers.dropFirst() {
                try require(observer.counts == observers[0].counts, "the usage depends on the cuts")
                try require(observer.model == observers[0].model, "the model depends on the cuts")
            }
            if !isStream { try checkDocument(bytes, observers[0]) }
        }
        let boundaries = cuts.map { pieces in
            var boundary = EventStreamBoundary()
            for piece in pieces { boundary.observe(piece.span) }
            return boundary.isBetweenEvents
        }
        try require(Set(boundaries).count == 1, "the end of the event depends on the cuts")
    }

    private static func pieces(_ bytes: [UInt8], _ size: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: max(size, 1)).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }

    /// Compares with the parser where the observer promises as much: valid, short, no escapes.
    private static func checkDocument(_ bytes: [UInt8], _ observer: UsageObserver) throws {
        guard bytes.count < 256, !bytes.contains(UInt8(ascii: "\\")),
            case .object(let members) = try? JSONValue(parsing: bytes)
        else { return }
        var usage: UsageCounts?
        var model: String?
        for member in members {
            if member.name == "usage" { usage = counts(member.value) ?? usage }
            if member.name == "model" { model = model ?? text(member.value) }
            for inner in member.value.objectValue ?? [] {
                switch (member.name, inner.name) {
                case ("response", "usage"), ("meta", "tokens"): usage = counts(inner.value) ?? usage
                case ("response", "model"): model = model ?? text(inner.value)
                default: break
                }
            }
        }
        try require(observer.counts == usage, "another usage than the parser's")
        try require(observer.model == model, "another model than the parser's")
    }

    private static func counts(_ usage: JSONValue) -> UsageCounts? {
        guard usage.objectValue != nil else { return nil }
        let prompt = count(usage, "prompt_tokens", "input_tokens")
        let completion = count(usage, "completion_tokens", "output_tokens")
        let total = count(usage, "total_tokens")
        guard prompt != nil || completion != nil || total != nil else { return nil }
        let cached = (usage["prompt_tokens_details"] ?? usage["input_tokens_details"]).flatMap {
            count($0, "cached_tokens")
        }
        let reasoning = (usage["completion_tokens_details"] ?? usage["output_tokens_details"]).flatMap {
            count($0, "reasoning_tokens")
        }
        return UsageCounts(
            prompt: prompt ?? max(0, (total ?? 0) - (completion ?? 0)), completion: completion ?? 0,
            cached: cached ?? count(usage, "prompt_cache_hit_tokens", "cached_tokens") ?? 0,
            reasoning: reasoning ?? 0)
    }

    /// The first of these members that is a whole number in range.
    private static func count(_ object: JSONValue, _ names: String...) -> Int? {
        for name in names {
            if let value = object[name]?.integerValue, 0...1_000_000_000_000 ~= value { return Int(value) }
        }
        return nil
    }

    private static func text(_ value: JSONValue) -> String? {
        value.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }
}
