// SPDX-License-Identifier: Apache-2.0

/// Decides whether an answer means that the token was refused (`RELAY_TOKEN_REAUTH_ON`).
package struct ReauthBodyRules: Sendable {
    /// Larger bodies are not looked into: a refusal is short.
    package static let maximumBody = 64 * 1_024

    package enum Verdict: Hashable, Sendable {
        case refused
        case accepted
        /// It depends on the body: hold it, if it is JSON of at most `maximumBody` bytes, and ask `refuses`.
        case dependsOnBody
    }

    private let rules: [ReauthRule]

    package init(_ rules: [ReauthRule]) { self.rules = rules }

    /// What the status alone says.
    package func verdict(status: Int) -> Verdict {
        let matching = rules.filter { $0.status == status }
        if matching.isEmpty { return .accepted }
        return matching.contains { $0.pointer == nil } ? .refused : .dependsOnBody
    }

    /// Whether status and body together say that the token was refused.
    ///
    /// A body that is too long or not JSON refuses nothing.
    package func refuses(status: Int, body: some Collection<UInt8>) -> Bool {
        switch verdict(status: status) {
        case .refused: return true
        case .accepted: return false
        case .dependsOnBody: break
        }
        guard body.count <= Self.maximumBody, let document = try? JSONValue(parsing: body) else { return false }
        return rules.contains { rule in
            guard rule.status == status, let pointer = rule.pointer else { return false }
            return Self.matches(document.value(at: pointer), rule.values)
        }
    }

    /// Whether a value is one of those that a rule lists; with an empty list, whether it is there at all.
    ///
    /// Strings by their contents, numbers by their text or as equal integers, `true`, `false` and `null` by word;
    /// arrays and objects never.
    static func matches(_ value: JSONValue?, _ wanted: [String]) -> Bool {
        guard let value else { return false }
        switch value {
        case .array, .object: return wanted.isEmpty
        case .null: return wanted.contains("null")
        case .bool(let flag): return wanted.isEmpty ? flag : wanted.contains(flag ? "true" : "false")
        case .string(let text): return wanted.isEmpty || wanted.contains { $0.utf8.elementsEqual(text.utf8) }
        case .number(let text):
            if wanted.isEmpty || wanted.contains(text) { return true }
            guard let integer = JSONNumber.exactInteger(text) else { return false }
            return wanted.contains { JSONNumber.exactInteger($0) == integer }
        }
    }
}
