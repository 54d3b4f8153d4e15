// SPDX-License-Identifier: Apache-2.0

/// The fields of one message in the order of their lines, duplicates kept (RFC 9110 §6.3).
///
/// Names are looked up without regard to case; a search is linear, which for the few dozen lines of a head costs less
/// than an index. It is a collection of `Field`.
package struct FieldSection: Sendable, Equatable {
    private var fields: [Field]

    package init() { fields = [] }

    package init(_ fields: some Sequence<Field>) { self.fields = Array(fields) }

    package mutating func append(_ field: Field) { fields.append(field) }

    package mutating func append(name: String, value: String) { fields.append(Field(name: name, value: value)) }

    package mutating func append(contentsOf others: some Sequence<Field>) { fields.append(contentsOf: others) }

    package mutating func reserveCapacity(_ count: Int) { fields.reserveCapacity(count) }

    /// The first field of that name.
    package func first(_ name: String) -> Field? { fields.first { Field.sameName($0.name, name) } }

    /// The value of the first field of that name, as text.
    package func value(of name: String) -> String? { first(name)?.value }

    /// The values of all fields of that name, as text, in order.
    package func values(of name: String) -> [String] { all(name).map(\.value) }

    /// All fields of that name, in order.
    package func all(_ name: String) -> [Field] { fields.filter { Field.sameName($0.name, name) } }

    package func contains(_ name: String) -> Bool { fields.contains { Field.sameName($0.name, name) } }

    package mutating func removeAll(where isRemoved: (Field) throws -> Bool) rethrows {
        try fields.removeAll(where: isRemoved)
    }

    /// Removes every field of that name.
    package mutating func removeAll(_ name: String) { fields.removeAll { Field.sameName($0.name, name) } }

    /// Leaves exactly one field of that name: in the place of the first one, or at the end.
    package mutating func set(_ field: Field) {
        guard let place = fields.firstIndex(where: { Field.sameName($0.name, field.name) }) else {
            return fields.append(field)
        }
        fields[place] = field
        var index = 0
        fields.removeAll {
            defer { index += 1 }
            return index > place && Field.sameName($0.name, field.name)
        }
    }

    /// Leaves exactly one field of that name, with this value: in the place of the first one, or at the end.
    package mutating func set(_ name: String, to value: String) { set(Field(name: name, value: value)) }
}

extension FieldSection: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { fields.count }
    package subscript(index: Int) -> Field { fields[index] }
}

extension FieldSection: ExpressibleByDictionaryLiteral {
    /// Makes a section of the pairs in their order, repeated names included.
    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }
}
