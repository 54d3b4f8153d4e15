// SPDX-License-Identifier: Apache-2.0

import RelayCore

/// Every failure once, in each of its kinds.
let everyFailure: [RelayFailure] =
    [
        .badRequest("bare LF in a field line"), .unknownEndpoint(path: "/v1/fine-tunes"),
        .methodNotAllowed(allow: "GET, HEAD"), .requestTimeout, .bodyTooLarge(limit: 67_108_864),
        .uriTooLong(limit: 16_384), .expectationFailed, .headersTooLarge(.bytes(65_536)),
        .headersTooLarge(.fields(128)), .notImplemented, .versionNotSupported, .clientKeyRejected, .upstreamReset,
        .upstreamBadResponse, .upstreamTLSFailed, .upstreamProxyRefused, .upstreamAuthRejected,
        .upstreamStreamInterrupted, .tokenUnavailable(retryAfter: .seconds(3)), .draining, .internal, .clientGone,
        .clientWriteTimeout,
    ] + RelayFailure.RateLimit.allCases.map { .rateLimited($0, retryAfter: .seconds(1)) }
    + RelayFailure.Unreachable.allCases.map { .upstreamUnreachable($0) }
    + RelayFailure.UpstreamClock.allCases.map { .upstreamTimeout($0) }
    + RelayFailure.Resource.allCases.map { .overloaded($0) }

/// What RAGFlow makes of an error: it searches the lower-cased text of the exception, and the first rule that hits wins.
enum RAGFlowVerdict: Equatable {
    case retried(String)
    case final(String)

    private static let rules: [(words: [String], verdict: RAGFlowVerdict)] = [
        (["quota", "capacity", "credit", "billing", "balance"], .final("QUOTA_EXCEEDED")),
        (
            ["rate limit", "429", "tpm limit", "too many requests", "requests per minute"],
            .retried("RATE_LIMIT")
        ),
        (["auth", "key", "apikey", "401", "forbidden", "permission"], .final("AUTH_ERROR")),
        (["invalid", "bad request", "400", "format", "malformed", "parameter"], .final("INVALID_REQUEST")),
        (["server", "503", "502", "504", "500", "unavailable"], .retried("SERVER_ERROR")),
        (["timeout", "timed out"], .final("TIMEOUT")),
        (["connect", "network", "unreachable", "dns"], .final("CONNECTION_ERROR")),
        (["filter", "content", "policy", "blocked", "safety", "inappropriate"], .final("CONTENT_FILTER")),
        (["model", "not found", "does not exist", "not available"], .final("MODEL_ERROR")),
    ]

    init(exception text: String) {
        let lowered = text.lowercased()
        let hit = Self.rules.first { rule in rule.words.contains { lowered.contains($0) } }
        self = hit?.verdict ?? .final("GENERIC_ERROR")
    }

    /// The OpenAI SDK's exception for an answer.
    init(_ failure: RelayFailure) {
        self.init(
            exception: "Error code: \(failure.status) - {'error': {'message': '\(failure.message)', "
                + "'type': '\(RelayFailure.type)', 'code': '\(failure.code)', 'param': None}}")
    }

    var isRetried: Bool {
        if case .retried = self { true } else { false }
    }
}
