// SPDX-License-Identifier: Apache-2.0

/// What the cache tells logs and metrics.
///
/// Never holds a token.
package enum TokenEvent: Sendable {
    case renewal(TokenRenewalReport)
    case warning(TokenWarning)
}

/// One ended fetch.
package struct TokenRenewalReport: Sendable {
    package enum Result: Sendable {
        /// `renewIn` and `lifetime` count from now and are nil for a token without an end.
        case adopted(lifetime: Duration?, renewIn: Duration?, kind: TokenGrant.Kind, isSameToken: Bool)
        /// `retryIn`: the back-off that follows.
        case failed(TokenFetchFailure, retryIn: Duration)
    }

    package var trigger: TokenTrigger
    package var duration: Duration
    /// Generation in use afterwards; 0: there is no token.
    package var generation: UInt64
    package var result: Result

    /// `ok` or `failed`, for metrics.
    package var resultLabel: String {
        switch result {
        case .adopted: "ok"
        case .failed: "failed"
        }
    }
}

/// What the lifecycle wants done.
package enum TokenAction: Sendable {
    /// Run one fetch and report its end under this number.
    case startFetch(UInt64, TokenFetchContext)
    /// The fetch has run out of time or is not wanted any more: cancel its task. Its end is still reported.
    case cancelFetch(UInt64)
    /// Answer a waiting request; never asked twice for one number.
    case resume(UInt64, Result<AccessToken, TokenUnavailable>)
    case report(TokenEvent)
}

/// What has been counted since start.
package struct TokenCounters: Sendable {
    package var succeeded: [TokenTrigger: UInt64] = [:]
    package var failed: [TokenTrigger: UInt64] = [:]
    /// Requests whose token the upstream refused.
    package var rejections: UInt64 = 0
    package var replaysCured: UInt64 = 0
    package var replaysUncured: UInt64 = 0
    /// Refused requests that got no renewal because forced ones were cooling down.
    package var denials: UInt64 = 0
    /// Young tokens refused and then cured by a newer one.
    package var rivalrySigns: UInt64 = 0
    package init() {}
}
