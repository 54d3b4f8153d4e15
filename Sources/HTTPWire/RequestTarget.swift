// SPDX-License-Identifier: Apache-2.0

/// What the request line asks for, byte for byte: no decoding, no resolving of dots, no joining of slashes.
///
/// Served are the origin form, which starts with `/`, the absolute form with an `http` or `https` URL, and `*` for
/// OPTIONS (RFC 9112 §3.2). All is ASCII without controls, spaces and `#`; `"<>\^{|}` and the grave accent pass, as in
/// nginx and HAProxy, since browsers and SDKs send them raw in queries.
package struct RequestTarget: Hashable, Sendable {
    /// Starts with `/`; `*` alone for the asterisk form.
    package var path: String
    /// What follows the first `?`, without it; nil if there is none, empty if nothing follows.
    package var query: String?
    /// Host and port of an absolute form, as received.
    package var authority: String?

    package init(path: String, query: String? = nil, authority: String? = nil) {
        self.path = path
        self.query = query
        self.authority = authority
    }

    package var isAsterisk: Bool { path == "*" }

    /// Path and query in origin form.
    package var pathAndQuery: String {
        guard let query else { return path }
        return path + "?" + query
    }
}

extension RequestTarget {
    /// Reads a target whose octets have been checked to be visible ASCII without `#`.
    ///
    /// - Throws: `connectTarget`, `targetForm`, or `host` for the authority of an absolute form.
    init(_ bytes: [UInt8], method: String) throws(ParseError) {
        if bytes.first == UInt8(ascii: "/") {
            self.init(pathAndQuery: bytes[...], authority: nil)
            return
        }
        if method == "CONNECT" { throw .connectTarget }
        if bytes == [UInt8(ascii: "*")] {
            guard method == "OPTIONS" else { throw .targetForm }
            self.init(path: "*")
            return
        }
        guard let start = Self.authorityStart(bytes) else { throw .targetForm }
        let end =
            bytes[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? bytes.endIndex
        guard Authority.isValid(bytes[start..<end]) else { throw .host }
        let authority = String(decoding: bytes[start..<end], as: UTF8.self)
        // An OPTIONS for the whole server, as a client writes it to a proxy (RFC 9112 §3.2.4).
        let isWholeServer = method == "OPTIONS" && end == bytes.endIndex
        if isWholeServer {
            self.init(path: "*", authority: authority)
        } else {
            self.init(pathAndQuery: bytes[end...], authority: authority)
        }
    }

    /// The path of a URL that has none is `/`.
    private init(pathAndQuery bytes: ArraySlice<UInt8>, authority: String?) {
        let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        let path = mark > bytes.startIndex ? String(decoding: bytes[..<mark], as: UTF8.self) : "/"
        let query = mark < bytes.endIndex ? String(decoding: bytes[(mark + 1)...], as: UTF8.self) : nil
        self.init(path: path, query: query, authority: authority)
    }

    private static func authorityStart(_ bytes: [UInt8]) -> Int? {
        for scheme in ["http://", "https://"] where bytes.count >= scheme.utf8.count {
            if equalIgnoringCase(bytes.prefix(scheme.utf8.count), scheme) { return scheme.utf8.count }
        }
        return nil
    }
}
