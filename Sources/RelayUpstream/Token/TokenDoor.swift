// SPDX-License-Identifier: Apache-2.0
package import RelayBase
package import RelayCore

/// The way from the event loops to the token without a suspension.
///
/// **Isolation**: any thread. One uncontended lock and no allocation a call.
package final class TokenDoor: Sendable {
    private struct State {
        var snapshot: TokenSnapshot
        var lastUse: Instant?
        /// Until then somebody has been told to have the token renewed; again later, should the word have got lost.
        var askedUntil = Instant.longAgo
    }

    private let state: Lock<State>

    package init(_ snapshot: TokenSnapshot = TokenSnapshot(.empty)) { state = Lock(State(snapshot: snapshot)) }

    /// The door of the source `none`.
    package static func unneeded() -> TokenDoor { TokenDoor(TokenSnapshot(.unneeded)) }

    /// What the request at hand does about its token; one caller a second is told to have a stale one renewed.
    package func decide(at now: TokenTime) -> TokenDecision {
        state.withLock { state in
            state.lastUse = now.instant
            let decision = state.snapshot.decide(at: now)
            guard case .useAndRenew(let token) = decision else { return decision }
            if now.instant < state.askedUntil { return .use(token) }
            state.askedUntil = now.instant + .seconds(1)
            return decision
        }
    }

    /// When a request last asked.
    package var lastUse: Instant? { state.withLock { $0.lastUse } }

    func publish(_ snapshot: TokenSnapshot) { state.withLock { $0.snapshot = snapshot } }
}
