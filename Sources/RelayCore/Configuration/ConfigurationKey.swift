// SPDX-License-Identifier: Apache-2.0

/// One environment variable: everything the relay says or checks about it derives from its entry in `all`.
///
/// The sample file, the help, the README's table, redaction, ranges and the check for unknown names come from here.
package struct ConfigurationKey: Sendable {
    /// Headings of the sample file, in order.
    package enum Section: String, CaseIterable, Sendable {
        case upstream = "Upstream"
        case tokenSource = "Token: where it comes from"
        case oauth2 = "Token: OAuth 2"
        case request = "Token: any login request"
        case reading = "Token: reading the answer"
        case renewal = "Token: renewal"
        case issuerTransport = "Token: TLS and proxy towards the issuer"
        case listening = "Listening"
        case clients = "Who may call"
        case paths = "Paths and models"
        case edits = "Body edits (off unless set)"
        case limits = "Limits"
        case clocks = "Clocks"
        case logging = "Logging"
    }

    /// What a value must look like.
    package enum Kind: Sendable {
        /// Free or specially parsed text; the words say what it is.
        case text(String)
        case boolean
        case url
        case address
        case headers
        case list(String)
        case path
        case choice([String])
        case integer(ClosedRange<Int>)
        case size(ClosedRange<Int>)
        case fraction(ClosedRange<Double>)
        /// `word` is accepted instead of a duration (`off`, `auto`).
        case duration(ClosedRange<Duration>, word: String?)
    }

    /// How a value may be shown.
    package enum Display: Sendable {
        case plain
        /// Without user information and query.
        case url
        /// If it begins like a path: else it may be the secret itself, put where its file should be named.
        case path
        /// Never: it is a secret, or may hold one.
        case hidden

        /// The value in quotes for a message, or words that stand for it.
        package func quoted(_ text: String) -> String {
            switch self {
            case .plain: "\"\(SafeText.printable(text, limit: 80))\""
            case .url: "\"\(SafeText.printable(CheckedURL.displayed(text), limit: 120))\""
            case .path where Self.beginsLikePath(text): "\"\(SafeText.printable(text, limit: 120))\""
            case .path: "the value (not shown; a path begins with / or .)"
            case .hidden: "the value (not shown)"
            }
        }

        static func beginsLikePath(_ text: String) -> Bool { text.hasPrefix("/") || text.hasPrefix(".") }
    }

    package var name: String
    package var section: Section
    package var kind: Kind
    /// As it would be written; empty if there is none.
    package var defaultText: String
    package var display: Display
    /// Whether `NAME_FILE` may be given instead.
    package var hasFileTwin: Bool
    /// One line.
    package var summary: String
    /// Further lines for the sample file; may be empty.
    package var hint: String
    package var example: String
    /// Whether `help` lists it.
    package var isEssential: Bool
    /// Whether an empty value is a value and not "unset".
    package var mayBeEmpty: Bool

    init(
        _ name: String, _ section: Section, _ kind: Kind, default defaultText: String = "", _ summary: String,
        hint: String = "", example: String = "", display: Display? = nil, fileTwin: Bool = false,
        essential: Bool = false, mayBeEmpty: Bool = false
    ) {
        (self.name, self.section, self.kind) = (name, section, kind)
        (self.defaultText, self.summary, self.hint, self.example) = (defaultText, summary, hint, example)
        (hasFileTwin, isEssential, self.mayBeEmpty) = (fileTwin, essential, mayBeEmpty)
        self.display =
            switch kind {
            case .url: display ?? .url
            case .path: display ?? .path
            default: display ?? .plain
            }
    }

    /// A value that is never shown and can be given as a file.
    static func secret(
        _ name: String, _ section: Section, _ kind: Kind, _ summary: String, hint: String = "", example: String = "",
        essential: Bool = false
    ) -> ConfigurationKey {
        ConfigurationKey(
            name, section, kind, summary, hint: hint, example: example, display: .hidden, fileTwin: true,
            essential: essential)
    }

    package var fileTwin: String { name + "_FILE" }

    /// Every variable, by section.
    package static let all: [ConfigurationKey] = (server + upstream + token).sorted { $0.rank < $1.rank }

    package static let byName: [String: ConfigurationKey] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// Names that are understood, the `_FILE` forms included.
    package static let knownNames: Set<String> = Set(all.map(\.name)).union(all.filter(\.hasFileTwin).map(\.fileTwin))

    private var rank: Int { Section.allCases.firstIndex(of: section) ?? 0 }

    /// What kind of value it takes, for documents.
    package var typeText: String {
        switch kind {
        case .text(let words), .list(let words): words
        case .boolean: "true or false"
        case .url: "URL"
        case .address: "address"
        case .headers: "JSON object of strings"
        case .path: "file path"
        case .choice(let words): words.joined(separator: ", ")
        case .integer: "number"
        case .size: "size"
        case .fraction: "number"
        case .duration(_, let word): word.map { "duration, or \($0)" } ?? "duration"
        }
    }

    /// The accepted range, or nil if the kind has none.
    package var rangeText: String? {
        switch kind {
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .size(let range): "\(Self.sizeText(range.lowerBound)) to \(Self.sizeText(range.upperBound))"
        case .fraction(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .duration(let range, let word):
            "\(range.lowerBound.configurationText) to \(range.upperBound.configurationText)"
                + (word.map { ", or \($0)" } ?? "")
        default: nil
        }
    }

    private static func sizeText(_ bytes: Int) -> String {
        for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where bytes >= 1 << shift && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes)"
    }
}
