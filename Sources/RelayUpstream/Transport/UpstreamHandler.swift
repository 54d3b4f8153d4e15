// SPDX-License-Identifier: Apache-2.0
/// Follows one call.
///
/// Called on the loop thread, in this order; never after `UpstreamCall.cancel()`.
package protocol UpstreamHandler: AnyObject {
    /// Name, TCP, TLS and proxy are done; the request goes out now.
    ///
    /// Told again if a dead connection is replaced.
    func upstreamConnected()
    /// The final head; interim ones (1xx) are dropped.
    func upstreamResponded(_ head: UpstreamHead)
    /// A piece of the body, as it came off the socket (less chunked framing); valid during this call only.
    func upstreamDelivered(_ piece: Span<UInt8>)
    /// The end, exactly once: whole if `failure` is nil.
    func upstreamEnded(_ failure: UpstreamFailure?)
}

/// Why a call ended early.
package struct UpstreamFailure: Error, Equatable, Sendable {
    package enum Kind: String, Sendable {
        case unresolved, refused, unreachable
        case connectTimeout = "connect_timeout"
        case tls, proxy
        /// Closed or reset without a whole head, on a connection that had answered before.
        case staleConnection = "stale_connection"
        /// Closed or reset without a whole head.
        case reset
        /// Not HTTP, or HTTP that cannot be trusted.
        case badResponse = "bad_response"
        /// The body ended short of its framing.
        case truncated
        case outOfResources = "out_of_resources"
    }
    package var kind: Kind
    /// libcurl's words, for the log: may name hosts and files, never a token.
    package var detail: String

    package init(_ kind: Kind, detail: String = "") { (self.kind, self.detail) = (kind, detail) }
}
