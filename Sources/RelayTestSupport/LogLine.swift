// SPDX-License-Identifier: Apache-2.0

/// One line that a relay printed, with its members if it is a JSON object.
package struct LogLine: Sendable, Equatable, CustomStringConvertible {
    package let text: String
    /// `null` if the line is not JSON.
    package let json: JSON

    package init(_ text: String) {
        self.text = text
        json = JSON(parsing: Array(text.utf8)) ?? .null
    }

    package var description: String { text }
    package subscript(name: String) -> JSON? { json[name] }
    package func string(_ name: String) -> String? { json[name]?.text }
    package func number(_ name: String) -> Double? { json[name]?.number }
    package func int(_ name: String) -> Int? { json[name]?.integer }
    package func bool(_ name: String) -> Bool? {
        if case .bool(let value)? = json[name] { value } else { nil }
    }
}
