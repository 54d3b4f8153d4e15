// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

/// Compares the splicer with a model that knows the pieces each body was put together from.
@Suite struct BodySplicerRandomTests {
    private struct Member {
        var name: String
        var value: JSONValue
        var before: String
        var nameAndColon: String
        var valueText: String
        var after: String
    }

    private static let names = ["model", "a", "drop", "é\"", "", "enable_thinking", "mode"]
    private static let models = ["gpt", "gpt___x", "___", "a___b___c", "plain", "é\"___", "gpt__", "你"]
    private static let map = ["gpt": "real\"\\é", "plain": "plain", "": "empty", "你": "gpt___x"]

    private static func makeMember(_ random: inout JSONRandom) -> Member {
        let name = random.pick(names)
        let value: JSONValue =
            name == "model" && random.below(4) > 0 ? .string(random.pick(models)) : random.value(depth: 2)
        return Member(
            name: name, value: value, before: random.whitespace(),
            nameAndColon: random.literal(name) + random.whitespace() + ":" + random.whitespace(),
            valueText: random.spell(value), after: random.whitespace())
    }

    /// The value a model gets by the rules, written down a second time and on strings.
    private static func rewritten(_ value: JSONValue, strip: Bool, mapped: Bool) -> JSONValue? {
        guard case .string(let original) = value else { return nil }
        var model = original
        if strip {
            for index in model.indices where model[index...].hasPrefix("___") {
                model = String(model[..<index])
                break
            }
        }
        if mapped, let target = map[model] { model = target }
        return model == original ? nil : .string(model)
    }

    @Test("Every combination of edits gives the same bytes as building the body without the members", arguments: 0..<16)
    func agreesWithModel(seed: Int) throws {
        var random = JSONRandom(seed: UInt64(seed) + 77)
        var editedCount = 0
        for _ in 0..<300 {
            let members = (0..<random.below(6)).map { _ in Self.makeMember(&random) }
            let inside = members.isEmpty ? random.whitespace() : ""
            let head = random.whitespace() + "{"
            let tail = "}" + random.whitespace()
            let body =
                head + inside
                + members.map { $0.before + $0.nameAndColon + $0.valueText + $0.after }.joined(separator: ",") + tail
            let drop = Self.names.filter { _ in random.below(4) == 0 }
            let (strip, mapped) = (random.below(2) == 0, random.below(2) == 0)

            var expected = head + inside
            var expectedTree: [JSONMember] = []
            var changed = false
            for (index, member) in members.enumerated() {
                if drop.contains(member.name) {
                    changed = true
                    continue
                }
                let replacement =
                    member.name == "model" ? Self.rewritten(member.value, strip: strip, mapped: mapped) : nil
                if replacement != nil { changed = true }
                if !expectedTree.isEmpty {
                    // The white space after the value before stays where it is; the dropped ones' goes.
                    expected += Self.spaceBeforeComma(index, members, drop) + ","
                }
                expectedTree.append(JSONMember(name: member.name, value: replacement ?? member.value))
                expected += member.before + member.nameAndColon
                expected += replacement.map { "\"\(jsonEscaped($0.stringValue ?? ""))\"" } ?? member.valueText
            }
            expected += (members.last?.after ?? "") + tail

            let bytes = Array(body.utf8)
            let splicer = BodySplicerTests.edits(drop: drop, map: mapped ? Self.map : [:], strip: strip)
            let edited = splicer.edited(bytes.span)
            #expect((edited != nil) == changed, "\(body) \(drop)")
            #expect(edited ?? bytes == Array(expected.utf8), "\(body) \(drop) \(strip) \(mapped)")
            #expect(try JSONValue(parsing: edited ?? bytes) == .object(expectedTree))
            if changed { editedCount += 1 }
        }
        #expect(editedCount > 50)
    }

    /// A dropped member takes the white space between the value before it and its comma, and leaves its own.
    private static func spaceBeforeComma(_ index: Int, _ members: [Member], _ drop: [String]) -> String {
        members[index - 1].after
    }

    @Test("A body cut anywhere or damaged passes unchanged or is edited into valid JSON", arguments: 0..<4)
    func survivesDamage(seed: Int) {
        var random = JSONRandom(seed: UInt64(seed) + 500)
        let splicer = BodySplicerTests.edits(drop: ["drop", "a"], map: Self.map, strip: true)
        for _ in 0..<60 {
            let members = (0..<4).map { _ in Self.makeMember(&random) }
            let body = Array(
                ("{" + members.map { $0.before + $0.nameAndColon + $0.valueText + $0.after }.joined(separator: ",")
                    + "}")
                    .utf8)
            for length in 0..<body.count {
                let cut = Array(body[..<length])
                #expect(splicer.edited(cut.span) == nil)
            }
            for _ in 0..<40 {
                var damaged = body
                damaged[random.below(body.count)] = UInt8(random.below(256))
                if let edited = splicer.edited(damaged.span) {
                    #expect((try? JSONValue(parsing: edited)) != nil, "\(damaged)")
                }
            }
        }
    }
}
