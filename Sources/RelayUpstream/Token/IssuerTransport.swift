// SPDX-License-Identifier: Apache-2.0

/// The door through which token sources speak HTTP.
///
/// The relay's own transport implements it; tests script it.
package protocol IssuerTransport: Sendable {
    /// Sends one request and returns the whole answer, whatever its status.
    ///
    /// Never follows a redirect.
    ///
    /// - Throws: `IssuerTransportError` when there is no answer, or more of it than `request.maximumBody`.
    func send(_ request: IssuerRequest) async throws(IssuerTransportError) -> IssuerResponse
}

package struct IssuerRequest: Sendable {
    package var method: String
    package var url: String
    /// In order; the transport adds only Host, Content-Length, and `Accept-Encoding: identity`.
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]?
    /// Limit of the whole call.
    package var timeout: Duration
    package var maximumBody = 1 << 20

    package init(
        method: String, url: String, fields: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        timeout: Duration = .seconds(10)
    ) {
        (self.method, self.url, self.fields, self.body, self.timeout) = (method, url, fields, body, timeout)
    }
}

package struct IssuerResponse: Sendable {
    package var status: Int
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, fields: [(name: String, value: String)], body: [UInt8]) {
        (self.status, self.fields, self.body) = (status, fields, body)
    }

    /// The first field of that name, whatever its case.
    package func field(_ name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }
}

/// Why the issuer gave no answer.
///
/// `detail` is libcurl's text, free of secrets and URLs.
package struct IssuerTransportError: Error, Sendable {
    package enum Kind: String, Sendable {
        case unresolved, refused, timeout, tls, proxy, reset, badResponse, tooLarge, cancelled
    }
    package var kind: Kind
    package var detail: String
    package init(_ kind: Kind, detail: String = "") { (self.kind, self.detail) = (kind, detail) }
}
