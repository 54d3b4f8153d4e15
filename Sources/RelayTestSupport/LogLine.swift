// SPDX-License-Identifier: Apache-2.0
import Foundation

/// One line that a relay printed, with its members if it is a JSON object.
package struct LogLine: Sendable, Equatable, CustomStringConvertible {
    package enum Value: Sendable, Equatable {
        case null
        case bool(Bool)
        case number(Double)
        case string(String)
        /// An array or an object, as JSON text.
        case nested(String)
    }

    package let text: String
    /// Empty if the line is not a JSON object.
    package let members: [String: Value]

    package init(_ text: String) {
        self.text = text
        let parsed = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        members = (parsed ?? [:]).mapValues(Self.value)
    }

    package var description: String { text }
    package subscript(name: String) -> Value? { members[name] }

    package func string(_ name: String) -> String? {
        if case .string(let text)? = members[name] { text } else { nil }
    }

    package func number(_ name: String) -> Double? {
        if case .number(let number)? = members[name] { number } else { nil }
    }

    package func int(_ name: String) -> Int? { number(name).flatMap { Int(exactly: $0) } }

    package func bool(_ name: String) -> Bool? {
        if case .bool(let value)? = members[name] { value } else { nil }
    }

    private static func value(_ any: Any) -> Value {
        switch any {
        case is NSNull: return .null
        case let text as String: return .string(text)
        case let number as NSNumber:
            // Foundation keeps JSON booleans as numbers of its own type "c".
            return unsafe String(cString: number.objCType) == "c"
                ? .bool(number.boolValue) : .number(number.doubleValue)
        default:
            let data = try? JSONSerialization.data(withJSONObject: any, options: [.fragmentsAllowed, .sortedKeys])
            return .nested(String(decoding: data ?? Data(), as: UTF8.self))
        }
    }
}
