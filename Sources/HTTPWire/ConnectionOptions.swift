// SPDX-License-Identifier: Apache-2.0

/// The names listed in all `Connection` fields of a message, in lower case (RFC 9110 §7.6.1).
///
/// Each of them is a field that ends at this hop, or one of the options `close` and `keep-alive`. What is not a token
/// names nothing and is left out.
package struct ConnectionOptions: Equatable, Sendable {
    package private(set) var names: [String] = []

    package init(_ fields: FieldSection) {
        for field in fields where Field.sameName(field.name, "connection") {
            for element in ListElements(field.valueBytes) where isToken(element) {
                names.append(String(decoding: element.map(lowercased), as: UTF8.self))
            }
        }
    }

    /// Whether the option or field name is listed, without regard to case.
    package func contains(_ name: String) -> Bool { names.contains { Field.sameName($0, name) } }
}
