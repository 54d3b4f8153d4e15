// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// The body edits: the result is JSON without the dropped members, with the new model, and every other member has its
/// bytes unchanged and in order.
///
/// Parts: names to drop with commas between them, and the body. The first octet chooses the edits of the model.
enum SpliceFuzz {
    private static let map = ["a": "b\"\\", "m": "", "": "x"]

    static func run(_ input: [UInt8]) throws {
        let input = FuzzInput(input)
        var edits = EditConfiguration()
        edits.dropFields = input.text(0).split(separator: ",").map { String($0) }
        edits.stripModelSuffix = input.choice & 1 != 0
        if input.choice & 2 != 0 { edits.modelMap = map }
        let body = Array(input.rest.drop { $0 != 0 }.dropFirst())

        let before = members(body)
        switch BodySplicer(edits).splice(body.span) {
        case .notAnObject: try require(before == nil, "an object is refused")
        case .unchanged: try require(before.map { expected($0, edits) == $0 } ?? false, "an edit is left out")
        case .edited(let result):
            guard let before, let after = members(result) else {
                throw FuzzFinding(description: "the result is no object")
            }
            try require(after == expected(before, edits), "the members are others")
            try require(after != before, "edited without need")
            if (try? JSONValue(parsing: body)) != nil {
                try require((try? JSONValue(parsing: result)) != nil, "the result is no JSON")
            }
        }
    }

    private struct Member: Equatable {
        var name: [UInt8]
        /// A string's text or any other value's bytes.
        var value: [UInt8]
        var isString: Bool
    }

    /// The members with decoded names, values as they stand; nil if the text is not one object.
    private static func members(_ text: [UInt8]) -> [Member]? {
        guard JSONScanner.isUTF8(text.span) else { return nil }
        var walker = JSONMembers()
        var members: [Member] = []
        do {
            while let member = try walker.next(text.span) {
                members.append(
                    Member(
                        name: try decoded(text[member.name.contents]), value: Array(text[member.value]),
                        isString: member.string != nil))
            }
        } catch {
            return nil
        }
        return members
    }

    private static func expected(_ members: [Member], _ edits: EditConfiguration) -> [Member] {
        members.compactMap { member in
            if edits.dropFields.contains(where: { member.name == Array($0.utf8) }) { return nil }
            guard member.name == Array("model".utf8), member.isString,
                let text = try? decoded(member.value.dropFirst().dropLast())
            else { return member }
            var model = String(decoding: text, as: UTF8.self)
            if edits.stripModelSuffix, let mark = model.utf8.firstRange(of: "___".utf8) {
                model = String(model[..<mark.lowerBound])
            }
            model = edits.modelMap.first { $0.key.utf8.elementsEqual(model.utf8) }?.value ?? model
            guard !model.utf8.elementsEqual(text) else { return member }
            var edited = member
            edited.value = Array("\"\(jsonEscaped(model))\"".utf8)
            return edited
        }
    }

    /// The text of a JSON string, read by the parser and not by the splicer's own means.
    private static func decoded(_ contents: ArraySlice<UInt8>) throws -> [UInt8] {
        let quoted = [UInt8(ascii: "\"")] + contents + [UInt8(ascii: "\"")]
        return Array((try JSONValue(parsing: quoted).stringValue ?? "").utf8)
    }
}
