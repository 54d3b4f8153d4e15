// SPDX-License-Identifier: Apache-2.0
package import HTTPWire

/// Makes the fields of an upstream request from those of the client's.
///
/// Everything passes in order and spelling but what `FieldNames` lists, what `Connection` names, and names the operator
/// sets; then the relay's own are appended, so that nothing the client sends can remove or double them.
package struct RequestFieldPolicy: Sendable {
    private let fixed: [Field]
    private let authHeader: String?
    private let authPrefix: String
    /// Names of which a client's own copy never passes.
    private let ownNames: [String]

    package init(upstream: UpstreamConfiguration) {
        // These would break the message or tear the relay's log from the gateway's.
        fixed = upstream.headers.filter { pair in
            !FieldNames.isHopByHop(pair.name) && !FieldNames.isSame(pair.name, "content-length")
                && !FieldNames.isSame(pair.name, "x-request-id")
        }.map { Field(name: $0.name, value: $0.value) }
        authHeader = upstream.authQuery == nil ? upstream.authHeader : nil
        authPrefix = upstream.authScheme.isEmpty ? "" : upstream.authScheme + " "
        ownNames = upstream.headers.map(\.name) + [upstream.authHeader]
    }

    /// The fields to send, without `Host` and those of framing, which the transport writes.
    ///
    /// `token` is nil if the source is none; it is left out too if it travels in the query.
    package func fields(from client: FieldSection, requestID: String, token: Secret?) -> FieldSection {
        let named = ConnectionOptions(client)
        var fields = FieldSection()
        fields.reserveCapacity(client.count + fixed.count + 5)
        var hasAccept = false
        var hasUserAgent = false
        for field in client {
            let name = field.name
            if FieldNames.isRemovedFromRequests(name) || named.contains(name)
                || ownNames.contains(where: { FieldNames.isSame($0, name) })
            {
                continue
            }
            hasAccept = hasAccept || Field.sameName(name, "accept")
            hasUserAgent = hasUserAgent || Field.sameName(name, "user-agent")
            fields.append(field)
        }
        if !hasAccept, !isFixed("accept") { fields.append(name: "Accept", value: "*/*") }
        if !hasUserAgent, !isFixed("user-agent") {
            fields.append(name: "User-Agent", value: "tokenrelay/\(Version.number)")
        }
        if !isFixed("accept-encoding") { fields.append(name: "Accept-Encoding", value: "identity") }
        let tokenHeader = token == nil ? nil : authHeader
        for field in fixed {
            // Exactly one credential: the token's field wins over a configured one of that name.
            if let tokenHeader, FieldNames.isSame(tokenHeader, field.name) { continue }
            fields.append(field)
        }
        fields.append(name: "X-Request-Id", value: requestID)
        if let tokenHeader, let token { fields.append(name: tokenHeader, value: authPrefix + token.reveal) }
        return fields
    }

    private func isFixed(_ name: String) -> Bool { fixed.contains { FieldNames.isSame($0.name, name) } }
}
