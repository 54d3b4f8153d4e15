// SPDX-License-Identifier: Apache-2.0

/// The language people read a report in.
package enum CheckLanguage: String, CaseIterable, Sendable {
    case english = "en"
    case chinese = "zh"

    /// What the environment asks for: `LC_ALL`, else `LC_MESSAGES`, else `LANG`, as POSIX has it.
    package init(environment: [String: String]) {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"]
        let locale = names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        self = locale.lowercased().hasPrefix("zh") ? .chinese : .english
    }

    package func text(_ sentence: Sentence) -> String {
        switch self {
        case .english: sentence.english
        case .chinese: sentence.chinese
        }
    }
}

extension Sentence {
    /// A text that is the same in every language: addresses, numbers, names.
    package init(same text: String) { self.init(text, text) }
}
