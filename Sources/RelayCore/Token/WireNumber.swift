// SPDX-License-Identifier: Apache-2.0

/// A finite number read from a JSON number, or from a string that spells one; nothing else is a number.
struct WireNumber {
    /// Exact to the millisecond for every date there is.
    let value: Double

    init?(_ value: JSONValue) {
        switch value {
        case .number(let text), .string(let text): self.init(text)
        case .null, .bool, .array, .object: return nil
        }
    }

    /// Takes the grammar of JSON (RFC 8259 §6), with blanks around it; no plus sign, hexadecimals, `nan` or `inf`.
    init?(_ text: String) {
        guard let number = JSONNumber.double(TextTrimming.trimmed(text)) else { return nil }
        value = number
    }
}
