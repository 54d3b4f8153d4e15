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
