// SPDX-License-Identifier: Apache-2.0

/// The opt-in edits of a JSON request body, made by cutting and inserting bytes: all others stay as they are.
package struct BodySplicer: Sendable {
    package enum Outcome: Equatable, Sendable {
        /// Nothing to edit: the original goes upstream.
        case unchanged
        /// Not one valid JSON object, so nobody can say what to edit: the original goes upstream.
        case notAnObject(JSONError)
        case edited([UInt8])
    }

    private static let model = Array("model".utf8)
    private static let suffixMark = Array("___".utf8)

    // Bytes, not strings: `String` compares by canonical equivalence, JSON does not.
    private let droppedNames: [[UInt8]]
    private let modelMap: [[UInt8]: [UInt8]]
    private let stripsModelSuffix: Bool

    package init(_ edits: EditConfiguration) {
        droppedNames = edits.dropFields.map { Array($0.utf8) }
        modelMap = Dictionary(
            edits.modelMap.map { (Array($0.key.utf8), Array($0.value.utf8)) }, uniquingKeysWith: { $1 })
        stripsModelSuffix = edits.stripModelSuffix
    }

    /// The edited body, or nil if the original is to be sent.
    package func edited(_ body: Span<UInt8>) -> [UInt8]? {
        if case .edited(let bytes) = splice(body) { bytes } else { nil }
    }

    /// Removes the dropped members and rewrites each top-level `model` that is a string.
    ///
    /// A removed member takes its comma and the white space before it; members at the front take the comma after them.
    package func splice(_ body: Span<UInt8>) -> Outcome {
        guard JSONScanner.isUTF8(body) else { return .notAnObject(JSONError(.malformedUTF8, at: 0)) }
        var cuts: [Cut] = []
        do {
            cuts = try findCuts(body)
        } catch {
            return .notAnObject(error)
        }
        guard !cuts.isEmpty else { return .unchanged }
        return .edited(Self.apply(cuts, to: body))
    }

    /// Bytes to leave out, and what to put in their place.
    private struct Cut {
        var range: Range<Int>
        var replacement: [UInt8] = []
    }

    private func findCuts(_ body: Span<UInt8>) throws(JSONError) -> [Cut] {
        var cuts: [Cut] = []
        var members = JSONMembers()
        var previousEnd: Int?  // end of the member before, or of the opening brace
        var droppedFrom: Int?  // start of a run of dropped members that no kept member precedes
        var keptAny = false
        while let member = try members.next(body) {
            let start = previousEnd ?? openingBrace(body) + 1
            previousEnd = member.value.upperBound
            if isDropped(member.name, body) {
                if keptAny {
                    cuts.append(Cut(range: start..<member.value.upperBound))
                } else if droppedFrom == nil {
                    droppedFrom = start
                }
                continue
            }
            if !keptAny, let from = droppedFrom { cuts.append(Cut(range: from..<(member.separator + 1))) }
            keptAny = true
            if let text = member.string, member.name.equals(Self.model, body),
                let replacement = replacement(for: text, body)
            {
                cuts.append(Cut(range: member.value, replacement: replacement))
            }
        }
        if !keptAny, let from = droppedFrom, let end = previousEnd { cuts.append(Cut(range: from..<end)) }
        return cuts
    }

    /// Offset of the object's brace: white space is all that can stand before it.
    private func openingBrace(_ body: Span<UInt8>) -> Int { body.firstOffset(of: JSONByte.openBrace, from: 0) }

    private func isDropped(_ name: JSONStringToken, _ body: Span<UInt8>) -> Bool {
        droppedNames.contains { name.equals($0, body) }
    }

    /// The model's new value as a JSON string, or nil if it stays: the suffix is cut first, then the map is asked.
    private func replacement(for token: JSONStringToken, _ body: Span<UInt8>) -> [UInt8]? {
        let original = JSONString.decode(token, body)
        var model = original
        if stripsModelSuffix, let mark = model.firstRange(of: Self.suffixMark) {
            model.removeSubrange(mark.lowerBound...)
        }
        model = modelMap[model] ?? model
        guard model != original else { return nil }
        var text = [JSONByte.quote]
        JSONString.escape(model, into: &text)
        text.append(JSONByte.quote)
        return text
    }

    private static func apply(_ cuts: [Cut], to body: Span<UInt8>) -> [UInt8] {
        var edited: [UInt8] = []
        edited.reserveCapacity(body.count + cuts.reduce(0) { $0 + $1.replacement.count })
        var position = 0
        for cut in cuts {
            edited.append(body, position..<cut.range.lowerBound)
            edited.append(contentsOf: cut.replacement)
            position = cut.range.upperBound
        }
        edited.append(body, position..<body.count)
        return edited
    }
}

extension [UInt8] {
    /// Appends a part of `bytes`.
    fileprivate mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        // With nothing to add, the standard library writes into the storage that all empty arrays share.
        guard !range.isEmpty else { return }
        append(addingCapacity: range.count) { output in
            for offset in range { output.append(bytes[offset]) }
        }
    }

    /// Where `pattern` stands for the first time.
    fileprivate func firstRange(of pattern: [UInt8]) -> Range<Int>? {
        guard count >= pattern.count else { return nil }
        for start in 0...(count - pattern.count) where self[start..<(start + pattern.count)].elementsEqual(pattern) {
            return start..<(start + pattern.count)
        }
        return nil
    }
}
