// SPDX-License-Identifier: Apache-2.0
import HTTPWire

/// One JSON value as a tree, for small documents: token answers, configuration values, error bodies.
///
/// Bodies on the data path are never turned into trees; `JSONScanner` reads them in place.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The number's source text, so that nothing is lost; `JSONNumber` reads it.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// Members in their order, duplicate names kept.
    case object([JSONMember])
}

/// One member of an object.
package struct JSONMember: Sendable, Equatable {
    package var name: String
    package var value: JSONValue
    package init(name: String, value: JSONValue) { (self.name, self.value) = (name, value) }
}

extension JSONValue {
    /// The value of the object's member called `name`; of several the last, as in nearly every JSON library.
    ///
    /// Names are compared by their bytes: Unicode's canonical equivalence does not hold in JSON (RFC 8259 §8.3).
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { sameOctets($0.name, name) }?.value
    }

    /// The value that an RFC 6901 pointer names; nil if there is none or the pointer is malformed.
    package func value(at pointer: String) -> JSONValue? { JSONPointer(pointer)?.value(in: self) }

    /// The text of a string, nil for everything else.
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var boolValue: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    /// The integer that a number says exactly (`300`, `300.0`, `3e2`), nil for everything else.
    package var integerValue: Int64? {
        if case .number(let text) = self { JSONNumber.exactInteger(text) } else { nil }
    }

    /// A number as a finite binary fraction, nil for everything else.
    package var doubleValue: Double? {
        if case .number(let text) = self { JSONNumber.double(text) } else { nil }
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var objectValue: [JSONMember]? {
        if case .object(let members) = self { members } else { nil }
    }
}
