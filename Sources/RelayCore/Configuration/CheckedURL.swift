// SPDX-License-Identifier: Apache-2.0

/// An http or https URL that was read strictly: what is checked here is what libcurl will dial.
package struct CheckedURL: Hashable, Sendable {
    package var text: String
    package var isSecure: Bool
    /// In lower case, without brackets.
    package var host: String
    package var port: UInt16?
    /// From the first slash to the query.
    package var path: String
    package var query: String?

    /// Whether plain http to this host stays on this machine or link: loopback, link-local, a cloud's metadata name.
    package var isLocal: Bool {
        if let address = IPLiteral(host) { return address.isLoopback || address.isLinkLocal }
        return host == "localhost" || host.hasSuffix(".localhost") || host == "metadata"
            || host == "metadata.google.internal"
    }

    /// Reads `scheme://host[:port][/path][?query]`; `{model}` may stand in path and query if `mayHoldModel`.
    package init(_ text: String, mayHoldModel: Bool = false) throws(ValueError) {
        guard let separator = text.firstRange(of: "://") else {
            throw ValueError("is not a URL (https://host[:port]/path)")
        }
        switch text[..<separator.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: throw ValueError("begins with neither https:// nor http://")
        }
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if authority.contains("@") {
            throw ValueError(
                "holds a user name or password before @; give it in a header or a secret of its own instead")
        }
        if text.contains("#") { throw ValueError("holds a fragment (#…), which never reaches a server; remove it") }
        var plain = String(rest.dropFirst(authority.count))
        if mayHoldModel { plain = plain.split(separator: "{model}", omittingEmptySubsequences: false).joined() }
        try Self.checkCharacters(String(authority))
        try Self.checkCharacters(plain)
        (host, port) = try Self.hostAndPort(authority)
        let target = rest.dropFirst(authority.count)
        path = String(target.prefix { $0 != "?" })
        query = target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) }
        self.text = text
    }

    /// The text as it may be shown: user information and query can hold secrets.
    package static func displayed(_ text: String) -> String {
        // By bytes: a mark that combines with the character after it ends the path all the same.
        let end = text.utf8.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? text.endIndex
        let shown = text[..<end]
        let tail = end < text.endIndex ? "\(text.unicodeScalars[end])<redacted>" : ""
        guard let at = shown.utf8.lastIndex(of: UInt8(ascii: "@")) else { return shown + tail }
        guard let separator = text.firstRange(of: "://"), separator.upperBound <= at else { return "<redacted>" }
        return "\(text[..<separator.upperBound])<redacted>\(shown[at...])\(tail)"
    }

    /// `host`, `host:port`, `[v6]` or `[v6]:port`.
    static func hostAndPort(_ authority: Substring) throws(ValueError) -> (host: String, port: UInt16?) {
        var rest = authority
        let host: String
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]"),
                let address = IPLiteral(rest[rest.index(after: rest.startIndex)..<end]),
                address.isV6
            else { throw ValueError("holds brackets around what is no IPv6 address") }
            host = rest[rest.index(after: rest.startIndex)..<end].lowercased()
            rest = rest[rest.index(after: end)...]
        } else {
            let name = rest.prefix { $0 != ":" }
            try checkHost(String(name))
            host = name.lowercased()
            rest = rest.dropFirst(name.count)
        }
        if rest.isEmpty { return (host, nil) }
        guard rest.first == ":" else { throw ValueError("holds something after the host that is no :port") }
        let digits = String(rest.dropFirst())
        if digits.contains(":") { throw ValueError("holds an IPv6 address without brackets; write [::1]:8080") }
        guard let number = try? ConfigurationValue.integer(digits), let port = UInt16(exactly: number), port > 0 else {
            throw ValueError("holds a port that is not a number from 1 to 65535")
        }
        return (host, port)
    }

    /// A host name or IPv4 address; anything that only looks like an address is refused.
    static func checkHost(_ host: String) throws(ValueError) {
        if host.isEmpty { throw ValueError("has no host") }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let isName =
            host.utf8.count <= 253
            && host.utf8.allSatisfy {
                ConfigurationValue.isDigit($0) || ConfigurationValue.isLetter($0) || "-._".utf8.contains($0)
            }
            && labels.dropLast().allSatisfy { !$0.isEmpty && $0.utf8.count <= 63 }
        guard isName else { throw ValueError("holds something that is no host name") }
        let last = labels.last.flatMap { $0.isEmpty ? labels.dropLast().last : $0 } ?? ""
        if last.utf8.allSatisfy(ConfigurationValue.isDigit) || last.lowercased().hasPrefix("0x") {
            guard IPLiteral(host) != nil else { throw ValueError("holds something that is no IPv4 address") }
        }
    }

    private static func checkCharacters(_ text: String) throws(ValueError) {
        var bytes = text.utf8[...]
        while let byte = bytes.popFirst() {
            if byte <= 0x20 || byte == 0x7F { throw ValueError("holds a space or control character") }
            if byte > 0x7F { throw ValueError("holds a character outside ASCII; write it percent-encoded") }
            if "\"<>\\^`{|}".utf8.contains(byte) {
                throw ValueError(
                    "holds a character no URL may hold (one of \" < > \\ ^ ` { | }); write it percent-encoded")
            }
            if byte == UInt8(ascii: "%") {
                let digits = String(decoding: bytes.prefix(2), as: UTF8.self)
                guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit) else {
                    throw ValueError("holds a % that is not followed by two hex digits")
                }
            }
        }
    }
}
