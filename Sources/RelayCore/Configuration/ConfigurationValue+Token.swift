// SPDX-License-Identifier: Apache-2.0

extension ConfigurationValue {
    /// A bearer token: visible ASCII, which is what may stand in a header (RFC 6750 §2.1 is a part of it).
    package static func bearerToken(_ text: String) throws(ValueError) -> Secret {
        if TokenValueCheck.withoutScheme(text) != nil {
            throw ValueError("begins with Bearer, which the relay adds itself; give the token alone")
        }
        if let problem = TokenValueCheck.problem(of: text) { throw ValueError(problem) }
        return Secret(text)
    }

    /// `1s..30s`: first and longest pause.
    package static func backoff(_ text: String) throws(ValueError) -> (first: Duration, last: Duration) {
        let form = "is not two durations like 1s..30s"
        guard let mark = text.firstRange(of: ".."), let first = try? duration(trimmed(text[..<mark.lowerBound])),
            let last = try? duration(trimmed(text[mark.upperBound...]))
        else { throw ValueError(form) }
        guard first >= .milliseconds(100), first <= last, last <= .seconds(3_600) else {
            throw ValueError("is out of range: 100ms at least, 1h at most, the first not above the second")
        }
        return (first, last)
    }

    /// A JSON array of strings, or one program path.
    package static func command(_ text: String) throws(ValueError) -> ExecTokenConfiguration.Command {
        guard text.hasPrefix("[") else {
            if text.contains(where: \.isWhitespace) {
                throw ValueError(
                    "is not one program path; give arguments as a JSON array ([\"/bin/get-token\",\"--quiet\"]) "
                        + "or a shell line in RELAY_TOKEN_EXEC_SHELL")
            }
            return .argv([text])
        }
        guard let json = try? JSONValue(parsing: [UInt8](text.utf8)), case .array(let items) = json, !items.isEmpty
        else {
            throw ValueError("is not a JSON array of strings ([\"/bin/get-token\",\"--quiet\"])")
        }
        var arguments: [String] = []
        for item in items {
            guard case .string(let argument) = item, !argument.utf8.contains(0) else {
                throw ValueError("has an element that is not a string without NUL")
            }
            arguments.append(argument)
        }
        if arguments[0].isEmpty { throw ValueError("has an empty program name") }
        return .argv(arguments)
    }

    /// `k=v&k=v`, percent-decoded; `+` stands for itself.
    package static func formPairs(_ text: String) throws(ValueError) -> [HeaderPair] {
        var pairs: [HeaderPair] = []
        for item in text.split(whereSeparator: { $0 == "&" || $0.isNewline }) {
            let mark = item.firstIndex(of: "=") ?? item.endIndex
            guard mark > item.startIndex, mark < item.endIndex, let name = percentDecoded(item[..<mark]),
                let value = percentDecoded(item[item.index(after: mark)...])
            else { throw ValueError("is not a list like name=value&name=value, percent-encoded where needed") }
            pairs.append(HeaderPair(name: name, value: value))
        }
        return pairs
    }

    /// Nil if a `%` is not followed by two hex digits or the result is not UTF-8.
    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// `client_credentials`, `password`, `refresh_token` or a URN.
    package static func grant(_ text: String) throws(ValueError) -> String {
        switch text.lowercased() {
        case "client_credentials", "password", "refresh_token": return text.lowercased()
        default:
            guard text.removing(prefix: "urn:")?.isEmpty == false, isVisible(text) else {
                throw ValueError("is none of client_credentials, password, refresh_token and no urn:… either")
            }
            return text
        }
    }

    /// Entries between commas or line ends, `key` or `name:key`.
    package static func clientKeys(_ text: String) throws(ValueError) -> [ClientKey] {
        let list = ClientKeyList(parsing: text)
        guard list.problems.isEmpty else { throw ValueError("has " + list.problems.joined(separator: "; ")) }
        return list.keys
    }
}
