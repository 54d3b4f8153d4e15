// SPDX-License-Identifier: Apache-2.0

/// What may be sent as a token: printable ASCII without blanks, so that it can never open a second header line.
package enum TokenValueCheck {
    /// More than any server takes as one field.
    package static let maximumLength = 64 * 1_024

    /// What is wrong with the value, for people and without the value; nil if nothing is.
    package static func problem(of value: String) -> String? {
        let bytes = value.utf8
        if bytes.isEmpty { return "is empty" }
        if bytes.count > maximumLength { return "has \(bytes.count) bytes (at most \(maximumLength))" }
        for (position, byte) in bytes.enumerated() where !(0x21...0x7E).contains(byte) {
            let what =
                switch byte {
                case 0x20: "a space"
                case 0x0A, 0x0D: "a line end"
                case 0x80...: "a character outside ASCII"
                default: "a control character"
                }
            return "has \(what) at byte \(position + 1) of \(bytes.count) (it must be printable ASCII without spaces)"
        }
        return nil
    }

    /// Cuts a leading `Bearer ` off, which some gateways put into the value itself; nil if there is none.
    ///
    /// The relay adds the scheme (`RELAY_UPSTREAM_AUTH_SCHEME`), so keeping it would send it twice.
    package static func withoutScheme(_ value: String) -> String? {
        guard value.utf8.count > 7, value.prefix(7).lowercased() == "bearer " else { return nil }
        return TextTrimming.trimmed(String(value.dropFirst(7)))
    }
}
