// SPDX-License-Identifier: Apache-2.0

/// What logs and metrics call a failure: closed sets all.
extension RelayFailure {
    /// The `outcome` of the access log.
    package var outcome: String { code }

    package var side: FailureSide {
        switch self {
        case .badRequest, .unknownEndpoint, .methodNotAllowed, .requestTimeout, .bodyTooLarge, .uriTooLong,
            .expectationFailed, .headersTooLarge, .notImplemented, .versionNotSupported, .clientKeyRejected,
            .rateLimited(.client, _), .clientGone, .clientWriteTimeout:
            .client
        case .rateLimited, .overloaded, .draining, .internal: .relay
        case .upstreamUnreachable, .upstreamReset, .upstreamBadResponse, .upstreamTimeout, .upstreamTLSFailed,
            .upstreamProxyRefused, .upstreamAuthRejected, .upstreamStreamInterrupted:
            .upstream
        case .tokenUnavailable: .issuer
        }
    }

    /// The level of its access-log line.
    package var level: LogLevel {
        switch self {
        case .badRequest, .unknownEndpoint, .methodNotAllowed, .requestTimeout, .bodyTooLarge, .uriTooLong,
            .expectationFailed, .headersTooLarge, .notImplemented, .versionNotSupported, .draining, .clientGone:
            .info
        case .clientKeyRejected, .rateLimited, .overloaded, .clientWriteTimeout, .upstreamUnreachable, .upstreamReset,
            .upstreamBadResponse, .upstreamTimeout, .upstreamTLSFailed, .upstreamProxyRefused,
            .upstreamStreamInterrupted:
            .warn
        case .upstreamAuthRejected, .tokenUnavailable, .internal: .error
        }
    }

    /// The finer kind within a code, if it has one: the `detail` of the status page.
    package var detail: String? {
        switch self {
        case .rateLimited(let kind, _): kind.rawValue
        case .upstreamUnreachable(let kind): kind.rawValue
        case .upstreamTimeout(let clock): clock.rawValue
        case .overloaded(let resource): resource.rawValue
        default: nil
        }
    }

    /// The `kind` of `relay_upstream_errors_total`; nil if upstream has no part in it.
    package var upstreamKind: UpstreamErrorKind? {
        switch self {
        case .upstreamUnreachable(.unresolved): .unresolved
        case .upstreamUnreachable(.refused): .refused
        case .upstreamUnreachable(.network): .network
        case .upstreamReset: .reset
        case .upstreamBadResponse: .badResponse
        case .upstreamTimeout(.connect): .connectTimeout
        case .upstreamTimeout(.firstByte): .firstByteTimeout
        case .upstreamTimeout(.idle): .idleTimeout
        case .upstreamTimeout(.total): .totalTimeout
        case .upstreamTLSFailed: .tls
        case .upstreamProxyRefused: .proxy
        case .upstreamAuthRejected: .authRejected
        case .upstreamStreamInterrupted: .interrupted
        default: nil
        }
    }
}

/// The closed set of `kind` in `relay_upstream_errors_total`.
package enum UpstreamErrorKind: String, CaseIterable, Sendable {
    case unresolved, refused, network, reset
    case badResponse = "bad_response"
    case connectTimeout = "connect_timeout"
    case firstByteTimeout = "first_byte_timeout"
    case idleTimeout = "idle_timeout"
    case totalTimeout = "total_timeout"
    case tls, proxy
    case authRejected = "auth_rejected"
    case interrupted
}
