// SPDX-License-Identifier: Apache-2.0
package import RelayBase

/// What a request does about its token right now.
package enum TokenDecision: Sendable {
    /// The source is `none`: send no token.
    case noToken
    case use(AccessToken)
    /// Use it, and have it renewed meanwhile.
    case useAndRenew(AccessToken)
    /// Ask the cache, and wait.
    case ask
}

/// All a request needs to decide whether it may go on at once; rules R4, R9 and the joining of R11.
package struct TokenSnapshot: Sendable {
    package enum Content: Sendable {
        case unneeded
        case empty
        case held(AccessToken)
    }

    package var content: Content
    /// A renewal is in flight.
    package var isRenewing: Bool
    /// The token was refused and its renewal is in flight: wait for it rather than be refused as well.
    package var isSuspect: Bool
    /// No attempt to renew starts before: hold-off or back-off.
    package var quietUntil: Instant

    package init(
        _ content: Content, isRenewing: Bool = false, isSuspect: Bool = false,
        quietUntil: Instant = .longAgo
    ) {
        self.content = content
        (self.isRenewing, self.isSuspect, self.quietUntil) = (isRenewing, isSuspect, quietUntil)
    }

    package func decide(at now: TokenTime) -> TokenDecision {
        switch content {
        case .unneeded: return .noToken
        case .empty: return .ask
        case .held(let token):
            let phase = token.phase(at: now)
            switch phase {
            case .never, .expired: return .ask
            case .fresh: return isSuspect ? .ask : .use(token)
            case .stale:
                if isSuspect { return .ask }
                return isRenewing || now.instant < quietUntil ? .use(token) : .useAndRenew(token)
            case .last:
                // Too late to wait for a renewal in flight, or no renewal is allowed to start: the old one still counts.
                if isRenewing { return isPastLastCall(token, at: now) ? .use(token) : .ask }
                if now.instant < quietUntil { return .use(token) }
                return isPastLastCall(token, at: now) ? .useAndRenew(token) : .ask
            }
        }
    }

    private func isPastLastCall(_ token: AccessToken, at now: TokenTime) -> Bool {
        token.schedule.map { token.age(at: now) >= $0.lastCallAfter } ?? false
    }
}
