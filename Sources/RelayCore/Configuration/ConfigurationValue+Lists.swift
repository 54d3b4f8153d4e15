// SPDX-License-Identifier: Apache-2.0

extension ConfigurationValue {
    /// Fields that frame the message, concern one connection, or name the host: never the operator's to set.
    private static let reservedFields: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer",
        "upgrade", "expect", "accept-encoding",
    ]

    /// A field name that may be set by hand.
    package static func fieldName(_ text: String) throws(ValueError) -> String {
        guard isToken(text) else { throw ValueError("is not a header name") }
        if reservedFields.contains(text.lowercased()) {
            throw ValueError("is set by the relay itself and cannot be chosen")
        }
        return text
    }

    /// A JSON object of header names and string values, in its order.
    ///
    /// Errors tell positions, not names: a swapped pair would print a secret.
    package static func headers(_ text: String) throws(ValueError) -> [HeaderPair] {
        guard let json = try? JSONValue(parsing: [UInt8](text.utf8)), case .object(let members) = json else {
            throw ValueError("is not a JSON object of strings (like {\"X-Team\":\"search\"})")
        }
        var pairs: [HeaderPair] = []
        for (index, member) in members.enumerated() {
            let place = "holds, as member \(index + 1),"
            guard isToken(member.name) else { throw ValueError("\(place) a name that is not a header name") }
            let name = member.name.lowercased()
            if reservedFields.contains(name) {
                throw ValueError("\(place) the header \(name), which the relay sets itself; remove it")
            }
            if pairs.contains(where: { $0.name.lowercased() == name }) {
                throw ValueError("\(place) a header that is there already")
            }
            guard case .string(let value) = member.value else {
                throw ValueError("\(place) a value that is not a string")
            }
            guard !hasControl(value), trimmed(value) == value else {
                throw ValueError("\(place) a value with control characters or outer spaces")
            }
            pairs.append(HeaderPair(name: member.name, value: value))
        }
        return pairs
    }

    /// `alias=real,…`: the part before the first `=` is the key; each key once.
    package static func map(_ text: String) throws(ValueError) -> [String: String] {
        var result: [String: String] = [:]
        for item in list(text) {
            guard let mark = item.firstIndex(of: "=") else { throw ValueError("is not a list of name=value") }
            let key = trimmed(item[..<mark])
            let value = trimmed(item[item.index(after: mark)...])
            guard !key.isEmpty, !value.isEmpty else { throw ValueError("has an item with nothing before or after =") }
            guard result.updateValue(value, forKey: key) == nil else { throw ValueError("names the same item twice") }
        }
        return result
    }

    /// `name=requests_per_minute,…`, each name once.
    package static func rates(_ text: String) throws(ValueError) -> [String: Int] {
        var result: [String: Int] = [:]
        for (name, value) in try map(text) {
            guard let rate = try? integer(value), (1...1_000_000).contains(rate) else {
                throw ValueError("has a rate that is not a whole number of requests a minute (1 to 1000000)")
            }
            result[name] = rate
        }
        return result
    }

    /// `id` or `id|max_model_len`; ids may hold colons and slashes.
    package static func models(_ text: String) throws(ValueError) -> [ModelEntry] {
        var entries: [ModelEntry] = []
        for item in list(text) {
            var entry = ModelEntry(id: item)
            if let mark = item.lastIndex(of: "|") {
                entry.id = trimmed(item[..<mark])
                guard let length = try? integer(trimmed(item[item.index(after: mark)...])),
                    (1...1_000_000_000).contains(length)
                else { throw ValueError("has an entry whose max_model_len is not a whole number above 0 (id|131072)") }
                entry.maxModelLength = length
            }
            guard !entry.id.isEmpty, !hasControl(entry.id) else { throw ValueError("has an entry without an id") }
            guard !entries.contains(where: { $0.id == entry.id }) else { throw ValueError("names a model twice") }
            entries.append(entry)
        }
        return entries
    }

    /// Path prefixes without slashes around them; `/` alone drops out.
    package static func paths(_ text: String) throws(ValueError) -> [String] {
        var result: [String] = []
        for item in list(text) {
            let segments = item.split(separator: "/")
            guard isVisible(item), !item.utf8.contains(where: { "?#%\\\"<>".utf8.contains($0) }) else {
                throw ValueError("has a path with spaces, %, ?, # or the like; give plain prefixes such as /api/llm")
            }
            if segments.contains(where: { $0 == "." || $0 == ".." }) { throw ValueError("has a dot segment") }
            let path = segments.joined(separator: "/")
            if !path.isEmpty && !result.contains(path) { result.append(path) }
        }
        return result
    }

    /// `connect=2,429=1,503=1` or `off`; a cause that is not named is not retried.
    package static func retry(_ text: String) throws(ValueError) -> RetryConfiguration {
        var retry = RetryConfiguration()
        (retry.connect, retry.tooManyRequests, retry.unavailable) = (0, 0, 0)
        if ["off", "none", "0", "false", "no"].contains(text.lowercased()) { return retry }
        for (cause, count) in try map(text) {
            guard let times = try? integer(count), (0...10).contains(times) else {
                throw ValueError("has a count that is not a whole number from 0 to 10 (connect=2,429=1,503=1, or off)")
            }
            switch cause.lowercased() {
            case "connect": retry.connect = times
            case "429": retry.tooManyRequests = times
            case "503": retry.unavailable = times
            default: throw ValueError("has a cause that is none of connect, 429, 503 (connect=2,429=1,503=1, or off)")
            }
        }
        return retry
    }
}
