// SPDX-License-Identifier: Apache-2.0
package import HTTPWire

/// The head of an answer as the client gets it, made from upstream's.
///
/// Differences from upstream's fields: those of this hop and those named in `Connection` are gone, `Set-Cookie` is gone,
/// `X-Request-Id` is the relay's, framing fields follow `framing`, and an event stream is marked as not to be buffered.
/// Order, spelling and duplicates of all others stay.
package struct ResponseHeadPolicy: Equatable, Sendable {
    /// Complete but for `Connection`, which depends on the client's connection.
    package private(set) var fields: FieldSection
    /// How the body is to be framed towards the client.
    package let framing: ResponseFraming
    package let mediaType: MediaType
    package var isEventStream: Bool { mediaType == .eventStream }
    /// Whether a content coding is applied, so that nothing readable can be put into the body.
    package let isEncoded: Bool

    /// Decides from what upstream sent.
    ///
    /// `upstreamFraming` is how upstream's body ends; `isHead` says that the request was a HEAD; `clientMinorVersion` is
    /// 0 for a client that cannot read chunks; `insertsComments` that heartbeats may be put into an event stream, whose
    /// length is then not upstream's.
    package init(
        status: Int, fields upstream: FieldSection, framing upstreamFraming: ResponseFraming, isHead: Bool,
        clientMinorVersion: Int, requestID: String, insertsComments: Bool = false
    ) {
        mediaType = MediaType(of: upstream)
        framing = Self.clientFraming(
            status: status, upstream: insertsComments && mediaType == .eventStream ? .chunked : upstreamFraming,
            isHead: isHead, clientMinorVersion: clientMinorVersion)
        isEncoded = upstream.all("content-encoding").contains {
            !Field.sameName($0.value, "identity") && $0.value != ""
        }

        // Of a HEAD or a 304 the length is that of the body a GET would bring (RFC 9110 §8.6).
        var keepsLength = isHead || status == 304
        if case .length = framing { keepsLength = true }
        if status == 204 { keepsLength = false }

        let named = ConnectionOptions(upstream)
        var kept = FieldSection()
        kept.reserveCapacity(upstream.count + 4)
        var needsRequestID = true
        for field in upstream {
            let name = field.name
            if Field.sameName(name, "content-length") {
                // Kept although `Connection` names it: without it the connection would lose its framing. Once only.
                if keepsLength { kept.append(Self.plain(field, framing)) }
                keepsLength = false
            } else if Field.sameName(name, "x-request-id") {
                if needsRequestID { kept.append(name: name, value: requestID) }
                needsRequestID = false
            } else if !FieldNames.isHopByHop(name), !Field.sameName(name, "set-cookie"), !named.contains(name) {
                kept.append(field)
            }
        }
        if needsRequestID { kept.append(name: "X-Request-Id", value: requestID) }
        if mediaType == .eventStream { Self.markUnbuffered(&kept) }
        if framing == .chunked { kept.append(name: "Transfer-Encoding", value: "chunked") }
        fields = kept
    }

    /// Length when upstream gave one, else chunks, or the end of the connection towards HTTP/1.0.
    static func clientFraming(
        status: Int, upstream: ResponseFraming, isHead: Bool, clientMinorVersion: Int
    ) -> ResponseFraming {
        if isHead || status == 204 || status == 304 { return .none }
        switch upstream {
        case .none, .length: return upstream
        case .chunked, .untilClose: return clientMinorVersion >= 1 ? .chunked : .untilClose
        }
    }

    /// A length that was spelled as a list ("5, 5") or with zeros in front, as one plain number.
    private static func plain(_ length: Field, _ framing: ResponseFraming) -> Field {
        guard case .length(let count) = framing, length.value != String(count) else { return length }
        return Field(name: length.name, value: String(count))
    }

    private static func markUnbuffered(_ fields: inout FieldSection) {
        let marks = fields.all("x-accel-buffering")
        if marks.count != 1 || marks.first?.value != "no" { fields.set("X-Accel-Buffering", to: "no") }
        if !fields.contains("cache-control") { fields.append(name: "Cache-Control", value: "no-cache") }
    }
}
