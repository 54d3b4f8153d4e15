// SPDX-License-Identifier: Apache-2.0

/// Tells a newcomer what stands where a value was looked for: names of members, never values.
enum MissingMember {
    /// For example `the answer has no string at json:/data/token; members there: code, msg`.
    static func text(_ what: String, at pointer: String, in json: JSONValue?, of answer: String) -> String {
        let missing = "\(answer) has no \(what) at json:\(pointer)"
        guard let json else { return missing }
        if let found = json.value(at: pointer) { return "\(missing): there is \(kind(of: found))\(members(of: found))" }
        var parent = pointer
        while let slash = parent.lastIndex(of: "/") {
            parent = String(parent[..<slash])
            guard let value = json.value(at: parent) else { continue }
            if case .object = value { return missing + members(of: value) }
            return "\(missing): there is \(kind(of: value)) at \(parent.isEmpty ? "its top" : "json:\(parent)")"
        }
        return missing
    }

    private static func kind(of value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// At most 12 names of at most 40 plain characters: a name from outside may be long, or no name at all.
    private static func members(of value: JSONValue) -> String {
        guard case .object(let members) = value else { return "" }
        guard !members.isEmpty else { return "; there are no members" }
        let names = members.prefix(12).map { $0.name.isPlainCode ? $0.name : "(an odd name)" }
        return "; members there: " + names.joined(separator: ", ") + (members.count > 12 ? ", …" : "")
    }
}

extension JSONValue {
    /// A scalar as the operator writes it in a rule; empty for null, nil for lists and objects.
    var scalarText: String? {
        switch self {
        case .null: ""
        case .bool(let flag): flag ? "true" : "false"
        case .number(let text), .string(let text): text
        case .array, .object: nil
        }
    }

    /// A number, or a string that looks like the name of an error.
    var plainCode: String? {
        switch self {
        case .number(let text), .string(let text): text.isPlainCode ? text : nil
        case .null, .bool, .array, .object: nil
        }
    }

    /// The code of an error answer: RFC 6749 §5.2 `error`, OpenAI's `error.code`, `error_code`, `errcode`; zero is none.
    package var errorCode: String? {
        let candidates = [self["error"], self["error"]?["code"], self["error_code"], self["errcode"]]
        return candidates.lazy.compactMap { $0?.plainCode }.first { $0 != "0" }
    }
}

extension String {
    /// Letters, digits, `_`, `-` and `.`, at most 40 of them.
    fileprivate var isPlainCode: Bool {
        let isPlain = utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
            default: false
            }
        }
        return isPlain && (1...40).contains(utf8.count)
    }
}
