// SPDX-License-Identifier: Apache-2.0

extension TokenReading.Place {
    /// `json:/pointer`, `header:Name` or `body`.
    package static func parse(_ text: String) throws(ValueError) -> Self {
        if text.lowercased() == "body" { return .body }
        if let pointer = text.removing(prefix: "json:") { return .json(try ConfigurationValue.pointer(pointer)) }
        if let name = text.removing(prefix: "header:") {
            guard ConfigurationValue.isToken(name) else { throw ValueError("does not name a header") }
            return .header(name)
        }
        throw ValueError("is none of json:/pointer, header:Name, body")
    }
}

extension TokenReading.ExpiryPlace {
    /// `json:/pointer`, `header:Name`, `jwt` or `none`.
    package static func parse(_ text: String) throws(ValueError) -> Self {
        switch text.lowercased() {
        case "jwt": return .jwt
        case "none": return .none
        case "body": throw ValueError("is none of json:/pointer, header:Name, jwt, none")
        default: break
        }
        guard let place = try? TokenReading.Place.parse(text) else {
            throw ValueError("is none of json:/pointer, header:Name, jwt, none")
        }
        switch place {
        case .json(let pointer): return .json(pointer)
        case .header(let name): return .header(name)
        case .body: return .none
        }
    }
}

extension TokenReading.Success {
    /// `json:/pointer=value`, or several values between bars.
    package static func parse(_ text: String) throws(ValueError) -> Self {
        guard let test = text.removing(prefix: "json:"), let mark = test.firstIndex(of: "=") else {
            throw ValueError("is not json:/pointer=value (like json:/code=0)")
        }
        let values = test[test.index(after: mark)...].split(separator: "|").map { ConfigurationValue.trimmed($0) }
        guard !values.isEmpty else { throw ValueError("has no value after = (like json:/code=0)") }
        return Self(pointer: try ConfigurationValue.pointer(String(test[..<mark])), values: values)
    }
}

extension TokenReading.ExpiryKind {
    private static let words =
        "is none of auto, in_s, in_ms, at_s, at_ms, at_iso, jwt, at_fmt:<format>@<zone> (like at_fmt:%Y-%m-%d %H:%M:%S@+08:00)"

    /// One of the words, or `at_fmt:<format>@<zone>`.
    ///
    /// The format is strptime's or Java's, as `DateFormat` reads it; the zone `UTC`, `Z`, `+08:00`, `+0800`, `+8`, `UTC+8`.
    package static func parse(_ text: String) throws(ValueError) -> Self {
        switch text.lowercased() {
        case "auto": return .auto
        case "in_s": return .secondsFromNow
        case "in_ms": return .millisecondsFromNow
        case "at_s": return .epochSeconds
        case "at_ms": return .epochMilliseconds
        case "at_iso": return .iso
        case "jwt": return .jwt
        default: break
        }
        guard let rest = text.removing(prefix: "at_fmt:") else { throw ValueError(words) }
        guard let mark = rest.lastIndex(of: "@") else {
            throw ValueError("has no zone; an hour read in the wrong zone is a silent error: append @UTC or @+08:00")
        }
        guard let offset = zoneOffset(String(rest[rest.index(after: mark)...])) else {
            throw ValueError("has a zone that is none of UTC, Z, +08:00, UTC+8")
        }
        let format = String(rest[..<mark])
        guard DateFormat(format) != nil else {
            throw ValueError("has a format that is neither like %Y-%m-%d %H:%M:%S nor like yyyy-MM-dd HH:mm:ss")
        }
        return .format(format, offset: offset)
    }

    /// Seconds east of UTC.
    static func zoneOffset(_ text: String) -> Int? {
        var rest = text.uppercased()[...]
        if rest.hasPrefix("UTC") || rest.hasPrefix("GMT") {
            rest = rest.dropFirst(3)
            if rest.isEmpty { return 0 }
        }
        if rest == "Z" && text.utf8.count == 1 { return 0 }
        guard let sign = rest.first, sign == "+" || sign == "-" else { return nil }
        rest = rest.dropFirst()
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        var digits = parts.map(String.init)
        if parts.count == 1 && rest.utf8.count == 4 { digits = [String(rest.prefix(2)), String(rest.suffix(2))] }
        guard (1...2).contains(digits.count), (1...2).contains(digits[0].utf8.count),
            let hours = try? ConfigurationValue.integer(digits[0]), hours <= 14
        else { return nil }
        var minutes = 0
        if digits.count == 2 {
            guard digits[1].utf8.count == 2, let value = try? ConfigurationValue.integer(digits[1]), value < 60 else {
                return nil
            }
            minutes = value
        }
        return (sign == "-" ? -60 : 60) * (hours * 60 + minutes)
    }
}

extension ReauthRule {
    private static let form = "is not a list like 401;403:/code=40301;200:/code=401|40001"

    /// Rules between semicolons: `status`, or `status:/pointer=value|value`; `off` for none.
    package static func parse(_ text: String) throws(ValueError) -> [ReauthRule] {
        if ["off", "none"].contains(text.lowercased()) { return [] }
        var rules: [ReauthRule] = []
        for item in text.split(whereSeparator: { $0 == ";" || $0.isNewline }) {
            let rule = ConfigurationValue.trimmed(item)
            if rule.isEmpty { continue }
            let digits = rule.prefix { $0 != ":" }
            guard digits.utf8.count == 3, let status = try? ConfigurationValue.integer(String(digits)),
                (200...599).contains(status)
            else { throw ValueError("\(form): a rule begins with a status from 200 to 599") }
            guard digits.endIndex < rule.endIndex else {
                if status < 400 {
                    throw ValueError("\(form): below 400 a body test is needed, or every answer would count")
                }
                rules.append(ReauthRule(status: status))
                continue
            }
            let test = rule[rule.index(after: digits.endIndex)...]
            guard test.hasPrefix("/"), let mark = test.firstIndex(of: "=") else {
                throw ValueError("\(form): after the colon comes /pointer=value")
            }
            let values = test[test.index(after: mark)...].split(separator: "|").map { ConfigurationValue.trimmed($0) }
            guard !values.isEmpty else { throw ValueError("\(form): no value after =") }
            let pointer = try ConfigurationValue.pointer(String(test[..<mark]))
            rules.append(ReauthRule(status: status, pointer: pointer, values: values))
        }
        guard !rules.isEmpty else { throw ValueError("\(form), or off") }
        return rules
    }
}

extension ConfigurationValue {
    /// A JSON pointer (RFC 6901): empty, or beginning with a slash, `~` only as `~0` and `~1`.
    package static func pointer(_ text: String) throws(ValueError) -> String {
        guard text.isEmpty || text.hasPrefix("/") else {
            throw ValueError("has a JSON pointer that does not begin with / (like json:/data/token)")
        }
        guard JSONPointer(text) != nil else {
            throw ValueError("has a JSON pointer with a bare ~; write ~0 for ~ and ~1 for /")
        }
        return text
    }

    /// A pointer with or without `json:` before it.
    package static func hintPointer(_ text: String) throws(ValueError) -> String {
        try pointer(text.removing(prefix: "json:") ?? text)
    }
}

extension String {
    /// What follows `prefix`, whatever the prefix's case; nil without it.
    func removing(prefix: String) -> String? {
        lowercased().hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
