// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// The JSON parser, writer, member walker and pointer: they agree on what is JSON and on what it says.
enum JSONFuzz {
    static func run(_ input: [UInt8]) throws {
        _ = JSONPointer(String(decoding: input, as: UTF8.self))
        let value: JSONValue
        do {
            value = try JSONValue(parsing: input)
        } catch {
            try require((0...input.count).contains(error.offset), "the fault lies outside the text")
            if error.reason != .tooDeep { try require(memberNames(input) == nil, "the walker takes what is no JSON") }
            return
        }
        var writer = JSONWriter()
        writer.value(value)
        try require((try? JSONValue(parsing: writer.bytes)) == value, "what was written is not read back")
        if case .object(let members) = value {
            try require(memberNames(input) == members.count, "the walker finds another number of members")
        } else {
            try require(memberNames(input) == nil, "the walker takes what is no object")
        }
        var budget = 64
        try checkPointers(value, in: value, "", &budget)
    }

    /// How many members the walker finds; nil if it refuses the text.
    private static func memberNames(_ text: [UInt8]) -> Int? {
        guard JSONScanner.isUTF8(text.span) else { return nil }
        var members = JSONMembers()
        var count = 0
        do {
            while try members.next(text.span) != nil { count += 1 }
        } catch {
            return nil
        }
        return count
    }

    /// Every value is found by the pointer that leads to it, or hidden by a later member of the same name.
    private static func checkPointers(
        _ value: JSONValue, in document: JSONValue, _ pointer: String, _ budget: inout Int
    ) throws {
        budget -= 1
        guard budget > 0 else { return }
        try require(document.value(at: pointer) == value, "not found: \(pointer)")
        _ = (value.integerValue, value.doubleValue, value.stringValue, value.boolValue)
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                try checkPointers(element, in: document, "\(pointer)/\(index)", &budget)
            }
        case .object(let members):
            for (index, member) in members.enumerated()
            where !members[(index + 1)...].contains(where: { $0.name == member.name }) {
                try checkPointers(member.value, in: document, "\(pointer)/\(escaped(member.name))", &budget)
            }
        case .null, .bool, .number, .string: break
        }
    }

    private static func escaped(_ name: String) -> String {
        var text: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "~"): text += Array("~0".utf8)
            case UInt8(ascii: "/"): text += Array("~1".utf8)
            default: text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
