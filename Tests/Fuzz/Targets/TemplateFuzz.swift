// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// Templates of a token request.
///
/// Parts: the template, and the value that every placeholder gets.
enum TemplateFuzz {
    static func run(_ input: [UInt8]) throws {
        let input = FuzzInput(input)
        let text = input.text(0)
        let value = input.text(1)
        guard let template = try? TemplateText(text) else {
            try require(Self.opens(text), "a text without a placeholder is refused")
            return
        }
        let written = try? template.rendered(for: .raw) { $0.description }
        try require(written == text, "the parts are not the whole")
        try require(template.placeholders.isEmpty || Self.opens(text), "a placeholder out of nothing")

        for place in [TemplatePlace.url, .urlStart, .form, .json, .header, .raw] {
            let rendered = try? template.rendered(for: place) { _ in value }
            if template.placeholders.isEmpty { try require(rendered == text, "a text without a placeholder changes") }
            guard let escaped = place.escaped(value) else { continue }
            let bytes = escaped.utf8
            switch place {
            case .url, .form:
                try require(bytes.allSatisfy { (0x21...0x7E).contains($0) }, "not escaped for a URL or form")
                try require(!bytes.contains { "/?#&=<>\"".utf8.contains($0) }, "a value changes the URL or form")
            case .urlStart: try require(bytes.allSatisfy { (0x21...0x7E).contains($0) }, "no address")
            case .header: try require(!bytes.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 }, "a second field line")
            case .json:
                let read = try? JSONValue(parsing: Array("\"\(escaped)\"".utf8))
                try require(read == .string(value), "not the value as a JSON string")
            case .raw: try require(escaped == value, "changed")
            }
        }
    }

    /// Compares octets: with a combining mark behind it, a brace is another character.
    private static func opens(_ text: String) -> Bool { text.utf8.firstRange(of: "${".utf8) != nil }
}
