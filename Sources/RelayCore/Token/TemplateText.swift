// SPDX-License-Identifier: Apache-2.0

/// A text with `${NAME}` and `${file:PATH}` in it.
package struct TemplateText: Equatable, Sendable {
    /// What stands between the braces.
    package enum Placeholder: Hashable, Sendable {
        case variable(String)
        case file(String)
    }

    private enum Part: Equatable, Sendable {
        case literal(String)
        case placeholder(Placeholder)
    }

    private let parts: [Part]

    /// - Throws: `TemplateProblem` for a brace that never closes, or something else than a name or a file in it.
    package init(_ text: String) throws(TemplateProblem) {
        var parts: [Part] = []
        var literal: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            if bytes[index...].starts(with: "${".utf8) {
                guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "}")) else {
                    throw TemplateProblem("has a \"${\" that is never closed")
                }
                if !literal.isEmpty { parts.append(.literal(String(decoding: literal, as: UTF8.self))) }
                literal = []
                parts.append(.placeholder(try Self.placeholder(bytes[(index + 2)..<end])))
                index = end + 1
            } else {
                literal.append(bytes[index])
                index += 1
            }
        }
        if !literal.isEmpty { parts.append(.literal(String(decoding: literal, as: UTF8.self))) }
        self.parts = parts
    }

    /// Whether what follows this beginning of a URL can no longer belong to its host.
    private static func hasWholeHost(_ beginning: String) -> Bool {
        let slash = UInt8(ascii: "/")
        let rest = beginning.utf8.drop { $0 != slash }.drop { $0 == slash }
        return rest.contains { $0 == slash || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
    }

    private static func placeholder(_ bytes: ArraySlice<UInt8>) throws(TemplateProblem) -> Placeholder {
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasPrefix("file:"), text != "file:" { return .file(String(text.dropFirst(5))) }
        let isName = bytes.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
            default: false
            }
        }
        guard let first = bytes.first, isName, !(0x30...0x39).contains(first) else {
            throw TemplateProblem("has a \"${…}\" that holds neither a variable's name nor \"file:PATH\"")
        }
        return .variable(text)
    }

    /// In order of appearance, each as often as it appears.
    package var placeholders: [Placeholder] {
        parts.compactMap { if case .placeholder(let placeholder) = $0 { placeholder } else { nil } }
    }

    /// The names of all `${NAME}`, in order of appearance.
    package var variableNames: [String] {
        placeholders.compactMap { if case .variable(let name) = $0 { name } else { nil } }
    }

    /// The text with every placeholder replaced by its value, escaped for `place`.
    ///
    /// Before a URL's path a placeholder is an address itself, or a part of one, and stays as it is.
    ///
    /// - Throws: what `resolve` throws, and `TemplateProblem` for a value that cannot stand in its place.
    package func rendered(
        for place: TemplatePlace, resolve: (Placeholder) throws(TemplateProblem) -> String
    ) throws(TemplateProblem) -> String {
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text): result += text
            case .placeholder(let placeholder):
                let value = try resolve(placeholder)
                let target = place == .url && !Self.hasWholeHost(result) ? .urlStart : place
                guard let escaped = target.escaped(value) else {
                    throw TemplateProblem(
                        "takes a value from \"\(placeholder)\" that holds a line end or another control character",
                        at: placeholder)
                }
                result += escaped
            }
        }
        return result
    }
}

extension TemplateText.Placeholder: CustomStringConvertible {
    package var description: String {
        switch self {
        case .variable(let name): "${\(name)}"
        case .file(let path): "${file:\(path)}"
        }
    }
}

/// What is wrong with a template or a value for it; the text begins with a verb and holds no value.
package struct TemplateProblem: Error, Equatable, Sendable {
    package let text: String
    /// The placeholder without a usable value; nil if the template itself is at fault.
    package let placeholder: TemplateText.Placeholder?

    package init(_ text: String, at placeholder: TemplateText.Placeholder? = nil) {
        (self.text, self.placeholder) = (text, placeholder)
    }
}
