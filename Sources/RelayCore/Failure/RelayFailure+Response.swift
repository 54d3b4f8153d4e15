// SPDX-License-Identifier: Apache-2.0

/// The answer a client gets.
///
/// RAGFlow decides by searching the whole text, status and code included, for words, first hit wins:
/// quota, capacity, credit, billing, balance: final; rate limit, 429: retry; auth, key: final;
/// invalid, bad request, 400, format, parameter: final; 500, 502, 503, 504, server, unavailable: retry; the rest final.
/// So a 5xx worth a retry holds none of the final words, and a text with a number in it (a limit of 4294967296 bytes
/// holds "429") says "capacity" to stay final.
extension RelayFailure {
    /// What goes on the wire.
    ///
    /// 499, as in nginx, is for the log alone: there the client is gone.
    package var status: Int {
        switch self {
        case .badRequest: 400
        case .clientKeyRejected: 401
        case .unknownEndpoint: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .bodyTooLarge: 413
        case .uriTooLong: 414
        case .expectationFailed: 417
        case .rateLimited: 429
        case .headersTooLarge: 431
        case .clientGone, .clientWriteTimeout: 499
        case .internal: 500
        case .notImplemented: 501
        case .upstreamUnreachable, .upstreamReset, .upstreamBadResponse, .upstreamTLSFailed, .upstreamProxyRefused,
            .upstreamAuthRejected, .upstreamStreamInterrupted:
            502
        case .tokenUnavailable, .overloaded, .draining: 503
        case .upstreamTimeout: 504
        case .versionNotSupported: 505
        }
    }

    /// The stable name of the error: `code` in the body, and `outcome` in the access log.
    package var code: String {
        switch self {
        case .badRequest: "bad_request"
        case .unknownEndpoint: "unknown_endpoint"
        case .methodNotAllowed: "method_not_allowed"
        case .requestTimeout: "request_timeout"
        case .bodyTooLarge: "body_too_large"
        case .uriTooLong: "uri_too_long"
        case .expectationFailed: "expectation_failed"
        case .headersTooLarge: "headers_too_large"
        case .notImplemented: "not_implemented"
        case .versionNotSupported: "version_not_supported"
        case .clientKeyRejected: "client_key_rejected"
        case .rateLimited: "rate_limited"
        case .upstreamUnreachable: "upstream_unreachable"
        case .upstreamReset: "upstream_reset"
        case .upstreamBadResponse: "upstream_bad_response"
        case .upstreamTimeout: "upstream_timeout"
        case .upstreamTLSFailed: "upstream_tls_failed"
        case .upstreamProxyRefused: "upstream_proxy_refused"
        case .upstreamAuthRejected: "upstream_auth_rejected"
        case .upstreamStreamInterrupted: "upstream_stream_interrupted"
        case .tokenUnavailable: "token_unavailable"
        case .overloaded: "overloaded"
        case .draining: "draining"
        case .internal: "internal_error"
        case .clientGone: "client_gone"
        case .clientWriteTimeout: "client_write_timeout"
        }
    }

    /// Printable ASCII, at most about 400 characters.
    package var message: String { "relay: " + reason }

    private var reason: String {
        switch self {
        case .badRequest(let text): "bad request: " + SafeText.printable(text)
        case .unknownEndpoint(let path, lacksURL: false):
            "invalid path \"\(SafeText.printable(path))\", not an endpoint of this relay; "
                + "RELAY_EXTRA_PATHS allows further prefixes"
        case .unknownEndpoint(let path, lacksURL: true):
            "invalid path \"\(SafeText.printable(path))\", no URL is configured for this endpoint; "
                + "RELAY_UPSTREAM_URL gives one to all"
        case .methodNotAllowed(let allow): "method not allowed here, allowed: \(SafeText.printable(allow))"
        case .requestTimeout: "request did not arrive in time"
        case .bodyTooLarge(let limit): "request body is beyond the capacity of \(limit) bytes (RELAY_MAX_BODY)"
        case .uriTooLong(let limit): "request target is beyond the capacity of \(limit) bytes (RELAY_MAX_TARGET)"
        case .expectationFailed: "expectation not supported, only 100-continue is"
        case .headersTooLarge(.bytes(let limit)):
            "request header section is beyond the capacity of \(limit) bytes (RELAY_MAX_HEADER)"
        case .headersTooLarge(.fields(let limit)):
            "request header section is beyond the capacity of \(limit) fields (RELAY_MAX_FIELDS)"
        case .notImplemented: "method or transfer coding not implemented"
        case .versionNotSupported: "HTTP version not supported, use HTTP/1.1"
        case .clientKeyRejected: "client key missing or not accepted"
        case .rateLimited(.queueFull, _): "rate limit reached, all waiting places are taken"
        case .rateLimited(.queueWait, _): "rate limit reached, no place became free in time"
        case .rateLimited(.client, _): "rate limit of this client reached"
        case .upstreamUnreachable(.unresolved): "upstream unreachable, its name does not resolve"
        case .upstreamUnreachable(.refused): "upstream unreachable, connection refused"
        case .upstreamUnreachable(.network): "upstream unreachable, no route or the network failed"
        case .upstreamReset: "upstream closed the connection before an answer"
        case .upstreamBadResponse: "upstream sent something that is not an HTTP answer"
        case .upstreamTimeout(.connect): "upstream did not accept a connection in time"
        case .upstreamTimeout(.firstByte): "upstream did not begin its answer in time"
        case .upstreamTimeout(.idle): "upstream fell silent"
        case .upstreamTimeout(.total): "exchange took too long"
        case .upstreamTLSFailed: "TLS handshake with upstream failed"
        case .upstreamProxyRefused: "proxy refused the connection to upstream"
        case .upstreamAuthRejected: "upstream auth rejected, also with a renewed bearer token"
        case .upstreamStreamInterrupted: "upstream stream interrupted"
        case .tokenUnavailable: "no valid bearer token"
        case .overloaded(.connections): "overloaded, too many connections"
        case .overloaded(.bodies): "overloaded, too many request bodies in memory"
        case .overloaded(.descriptors): "overloaded, out of file descriptors"
        case .draining: "draining, this instance is going away"
        case .internal: "internal error"
        case .clientGone: "client gone"
        case .clientWriteTimeout: "client took no byte in time"
        }
    }

    /// `x-should-retry: false`, which the OpenAI SDKs obey before they look at the status.
    package var forbidsRetry: Bool {
        switch self {
        case .badRequest, .unknownEndpoint, .methodNotAllowed, .requestTimeout, .bodyTooLarge, .uriTooLong,
            .expectationFailed, .headersTooLarge, .notImplemented, .versionNotSupported, .clientKeyRejected,
            .upstreamAuthRejected:
            true
        case .rateLimited, .upstreamUnreachable, .upstreamReset, .upstreamBadResponse, .upstreamTimeout,
            .upstreamTLSFailed, .upstreamProxyRefused, .upstreamStreamInterrupted, .tokenUnavailable, .overloaded,
            .draining, .internal, .clientGone, .clientWriteTimeout:
            false
        }
    }

    /// Whole seconds, rounded up, 1 to 300.
    package var retryAfter: Int? {
        switch self {
        case .rateLimited(_, let wait), .tokenUnavailable(let wait): Self.wholeSeconds(wait)
        case .overloaded: 1
        case .draining: 2
        default: nil
        }
    }

    private static func wholeSeconds(_ wait: Duration) -> Int {
        let (seconds, attoseconds) = wait.components
        guard seconds >= 0 else { return 1 }
        return Int(min(max(1, min(seconds, 300) + (attoseconds > 0 ? 1 : 0)), 300))
    }

    /// Whether the connection cannot or shall not be used again: its framing is lost, bytes of the request are still
    /// on their way, or there are too many connections.
    package var closesConnection: Bool {
        switch self {
        case .badRequest, .requestTimeout, .bodyTooLarge, .uriTooLong, .expectationFailed, .headersTooLarge,
            .notImplemented, .versionNotSupported, .overloaded, .draining, .internal, .upstreamStreamInterrupted,
            .clientGone, .clientWriteTimeout:
            true
        case .unknownEndpoint, .methodNotAllowed, .clientKeyRejected, .rateLimited, .upstreamUnreachable,
            .upstreamReset, .upstreamBadResponse, .upstreamTimeout, .upstreamTLSFailed, .upstreamProxyRefused,
            .upstreamAuthRejected, .tokenUnavailable:
            false
        }
    }

    /// The fields of the answer but `Content-Length`, `Date` and, where `closesConnection` does not say so, `Connection`.
    package func fields(requestID: String) -> [(name: String, value: String)] {
        var fields = [(name: "Content-Type", value: "application/json"), (name: "X-Request-Id", value: requestID)]
        if case .methodNotAllowed(let allow) = self { fields.append((name: "Allow", value: SafeText.printable(allow))) }
        if case .clientKeyRejected = self {
            fields.append((name: "WWW-Authenticate", value: "Bearer realm=\"tokenrelay\""))
        }
        if forbidsRetry { fields.append((name: "x-should-retry", value: "false")) }
        if let retryAfter { fields.append((name: "Retry-After", value: String(retryAfter))) }
        if closesConnection { fields.append((name: "Connection", value: "close")) }
        return fields
    }

    /// The body in OpenAI's shape.
    package func body() -> [UInt8] {
        // `message` is printable ASCII, so only two characters need an escape.
        var escaped: [UInt8] = []
        for byte in message.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { escaped.append(UInt8(ascii: "\\")) }
            escaped.append(byte)
        }
        return Array("{\"error\":{\"message\":\"".utf8) + escaped
            + Array("\",\"type\":\"\(Self.type)\",\"code\":\"\(code)\",\"param\":null}}".utf8)
    }

    /// The `type` of every error the relay makes.
    package static let type = "relay_error"
}
