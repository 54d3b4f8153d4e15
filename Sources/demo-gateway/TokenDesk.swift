// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// Issues bearer tokens and knows which of them are still good.
final class TokenDesk: Sendable {
    /// A token that was handed out.
    struct Grant: Sendable {
        let token: String
        let lifetime: Duration
        let number: Int
    }

    private struct State: Sendable {
        var lifetime: Duration
        /// Token to the end of its life on the monotonic clock, in nanoseconds.
        var expiries: [String: Int64] = [:]
        var issued = 0
    }

    private let state: Monitor<State>

    init(lifetime: Duration) { state = Monitor(State(lifetime: lifetime)) }

    func issue() -> Grant {
        var generator = SystemRandomNumberGenerator()
        let token = "demo-" + String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
        return state.withLock { state in
            let now = monotonicNanoseconds()
            state.expiries = state.expiries.filter { $0.value > now }
            state.expiries[token] = now + Int64(state.lifetime.asSeconds * 1e9)
            state.issued += 1
            return Grant(token: token, lifetime: state.lifetime, number: state.issued)
        }
    }

    func accepts(_ token: String) -> Bool {
        state.withLock { ($0.expiries[token] ?? 0) > monotonicNanoseconds() }
    }

    func revokeAll() { state.withLock { $0.expiries = [:] } }

    func setLifetime(_ lifetime: Duration) { state.withLock { $0.lifetime = lifetime } }
}
