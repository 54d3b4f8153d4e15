// SPDX-License-Identifier: Apache-2.0

/// What a source got, before anything is read from it: an issuer's 2xx answer, a file's content, a program's output.
package struct TokenAnswer: Sendable {
    /// In order; empty for files and programs.
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]
    /// For messages: `the answer`, `the file`, `the program's output`.
    package var name: String

    /// False for files and programs, which have no `Date` to miss.
    package var isFromIssuer: Bool

    /// An issuer's answer.
    package init(fields: [(name: String, value: String)], body: [UInt8]) {
        (self.fields, self.body, name, isFromIssuer) = (fields, body, "the answer", true)
    }

    /// Something found on this machine.
    package init(local body: [UInt8], name: String) {
        (fields, self.body, self.name, isFromIssuer) = ([], body, name, false)
    }

    /// The first field of that name, whatever its case.
    package func field(_ name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }

    /// The body as text without blanks at its ends; nil if it is not UTF-8.
    package var text: String? { String(validating: content, as: UTF8.self).map(TextTrimming.trimmed) }

    private var content: ArraySlice<UInt8> { TextTrimming.withoutByteOrderMark(body) }

    /// The body as JSON.
    package func json() throws(TokenReadingProblem) -> JSONValue {
        let bytes = content
        guard let first = bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
            throw TokenReadingProblem("\(name) is empty")
        }
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            // Messages in GBK beside a token in ASCII: what is no UTF-8 is replaced, the rest counts.
            if error.reason == .malformedUTF8,
                let json = try? JSONValue(parsing: Array(String(decoding: bytes, as: UTF8.self).utf8))
            {
                return json
            }
            let guess =
                switch first {
                case UInt8(ascii: "<"): "; it looks like a web page: check the address"
                case 0x1F: "; it is compressed, though that was not asked for"
                default: ""
                }
            throw TokenReadingProblem("\(name) is not JSON (\(error.reason.rawValue))\(guess)")
        }
    }
}
