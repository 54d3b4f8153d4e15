// SPDX-License-Identifier: Apache-2.0

/// Where in a request a placeholder stands, and therefore how its value is written there.
package enum TemplatePlace: Sendable {
    /// Path or query: percent-encoded as one piece.
    case url
    /// Scheme, host or port: unchanged.
    case urlStart
    /// `application/x-www-form-urlencoded`.
    case form
    /// Inside a JSON string.
    case json
    /// A field value.
    case header
    /// A body of some other kind: unchanged.
    case raw

    /// Nil if the value cannot stand there: a line end in a field would begin another field.
    package func escaped(_ value: String) -> String? {
        switch self {
        case .url: FormEncoding.percent(value)
        case .form: FormEncoding.form(value)
        case .json: jsonEscaped(value)
        case .raw: value
        case .header: value.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F } ? nil : value
        case .urlStart: value.utf8.contains { $0 <= 0x20 || $0 >= 0x7F } ? nil : value
        }
    }
}
