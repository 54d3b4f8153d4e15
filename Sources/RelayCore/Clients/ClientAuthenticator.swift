// SPDX-License-Identifier: Apache-2.0
package import HTTPWire

/// Decides who a request comes from, by its key.
package struct ClientAuthenticator: Sendable {
    package enum Verdict: Hashable, Sendable {
        /// `client` is the label for logs, metrics and limits: the key's name, `default` or `anonymous`. Never text from
        /// the wire, so the set is bounded by the configuration.
        case accepted(client: String)
        /// No field that can hold a key.
        case missing
        /// Keys were sent, and none is right.
        case wrong
    }

    /// The label of a key without a name.
    package static let unnamed = "default"
    /// The label of everybody where no keys are configured.
    package static let anonymous = "anonymous"

    private let keys: [ClientKey]?

    /// Takes the keys that are accepted; nil: everybody is, whatever they send.
    package init(keys: [ClientKey]?) { self.keys = keys }

    /// Looks for a key in every `Authorization: Bearer`, `api-key` and `x-api-key`; one right one suffices.
    package func authenticate(_ fields: FieldSection) -> Verdict {
        guard let keys else { return .accepted(client: Self.anonymous) }
        var found: Int?
        var wasSent = false
        for field in fields {
            guard let candidate = Self.candidate(field) else { continue }
            wasSent = true
            // Every key is compared, whether or not one has matched: time does not tell which one it was.
            for (index, key) in keys.enumerated() {
                let matches = key.key.matches(candidate)
                if matches, found == nil { found = index }
            }
        }
        guard let found else { return wasSent ? .wrong : .missing }
        return .accepted(client: Self.label(keys[found].name))
    }

    /// The label of a key's name.
    package static func label(_ name: String) -> String { name.isEmpty ? unnamed : name }

    /// Every key that was sent, right or wrong: what must not be logged.
    package static func presented(_ fields: FieldSection) -> [Secret] {
        fields.compactMap { field in candidate(field).map { Secret(String(decoding: $0, as: UTF8.self)) } }
    }

    /// The key in `field`, if it is one of the three that can hold one and is not empty.
    private static func candidate(_ field: Field) -> ArraySlice<UInt8>? {
        let value: ArraySlice<UInt8>
        switch field.name.utf8.count {
        case 13 where Field.sameName(field.name, "authorization"):
            guard let credentials = bearer(field.valueBytes) else { return nil }
            value = credentials
        case 7 where Field.sameName(field.name, "api-key"), 9 where Field.sameName(field.name, "x-api-key"):
            value = trimmed(field.valueBytes[...])
        default: return nil
        }
        return value.isEmpty ? nil : value
    }

    /// What follows `Bearer` and white space; the scheme's case does not matter (RFC 9110 §11.1).
    private static func bearer(_ value: [UInt8]) -> ArraySlice<UInt8>? {
        let value = trimmed(value[...])
        let scheme = value.prefix { $0 != 0x20 && $0 != 0x09 }
        guard Field.sameName(String(decoding: scheme, as: UTF8.self), "bearer") else { return nil }
        return trimmed(value[scheme.endIndex...])
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return rest
    }
}
