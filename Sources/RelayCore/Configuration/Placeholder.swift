// SPDX-License-Identifier: Apache-2.0

/// One `${…}` of a login request's template.
package enum Placeholder: Hashable, Sendable {
    case variable(String)
    case file(String)

    /// All placeholders of `text` in order, and the text with each replaced by what `substitute` gives.
    package static func replace(
        in text: String, with substitute: (Placeholder) -> String
    ) throws(ValueError) -> String {
        var result = ""
        var rest = text[...]
        while let mark = rest.firstRange(of: "${") {
            result += rest[..<mark.lowerBound]
            rest = rest[mark.upperBound...]
            guard let end = rest.firstIndex(of: "}") else { throw ValueError("has a ${ without }") }
            result += substitute(try parse(String(rest[..<end])))
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private static func parse(_ inner: String) throws(ValueError) -> Placeholder {
        if let path = inner.removing(prefix: "file:") {
            guard !path.isEmpty else { throw ValueError("has a ${file:} without a path") }
            return .file(path)
        }
        guard ConfigurationValue.isVariableName(inner) else {
            throw ValueError("has a placeholder that is neither ${NAME} nor ${file:PATH}")
        }
        return .variable(inner)
    }
}
