// SPDX-License-Identifier: Apache-2.0
package import HTTPWire
package import RelayBase
package import RelayCore

/// Who may call, as of now: keys that can be replaced while the relay runs, and each name's share of a minute.
///
/// **Isolation**: any thread; one short lock a request.
package final class ClientDirectory: Sendable {
    private struct State: Sendable {
        var authenticator: ClientAuthenticator
        var limits: ClientLimits
        var hasLimits: Bool
    }

    private let state: Lock<State>

    package init(keys: [ClientKey]?, limits: [String: Int]) {
        let limits = ClientLimits(limits)
        state = Lock(
            State(authenticator: ClientAuthenticator(keys: keys), limits: limits, hasLimits: !limits.isEmpty))
    }

    /// The keys from now on; requests under way are not asked again.
    package func replace(keys: [ClientKey]) { state.withLock { $0.authenticator = ClientAuthenticator(keys: keys) } }

    /// The client's name.
    ///
    /// - Throws: `clientKeyRejected`.
    package func identify(_ fields: FieldSection) throws(RelayFailure) -> String {
        let authenticator = state.withLock { $0.authenticator }
        guard case .accepted(let client) = authenticator.authenticate(fields) else { throw .clientKeyRejected }
        return client
    }

    /// Uses up one request of the client's minute.
    ///
    /// - Throws: `rateLimited` with the time until the next request may pass.
    package func take(_ client: String, at now: Instant) throws(RelayFailure) {
        let wait: Duration? = state.withLock { state in
            state.hasLimits ? state.limits.take(client, at: now) : nil
        }
        if let wait { throw .rateLimited(.client, retryAfter: wait) }
    }

    /// Whether the fields carry an accepted key, without using up a share.
    package func recognises(_ fields: FieldSection) -> Bool {
        if case .accepted = state.withLock({ $0.authenticator }).authenticate(fields) { return true }
        return false
    }
}
