// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// What the gateway has seen and what it was told to do wrong; behind `/control/…`.
final class Ledger: Sendable {
    /// What was sent of one streamed answer.
    struct Stream: Sendable {
        var sha256: String
        var length: Int
        var pieces: Int
        var isComplete: Bool
    }

    struct Counters: Sendable {
        var connections = 0
        var requests = 0
        var unauthorized = 0
        var tokenCalls = 0
        var tokensIssued = 0
        /// Answers that the client did not wait for.
        var cancelled = 0
        var activeRequests = 0
        var byEndpoint: [String: Int] = [:]
    }

    /// Standing order for the next requests or token calls.
    struct Failures: Sendable {
        var misbehaviour = Misbehaviour()
        var requests = 0
        var tokenStatus: Int?
        var tokenDelay: Duration = .zero
    }

    private struct State: Sendable {
        var counters = Counters()
        var failures = Failures()
        var streams: [String: Stream] = [:]
        /// Request identifiers in the order of recording, oldest first.
        var order: [String] = []
    }

    private static let keptStreams = 20_000
    private let state = Monitor(State())

    func count(_ change: (inout Counters) -> Void) { state.withLock { change(&$0.counters) } }
    var counters: Counters { state.withLock { $0.counters } }

    func setFailures(_ failures: Failures) { state.withLock { $0.failures = failures } }
    var failures: Failures { state.withLock { $0.failures } }

    func reset() { state.withLock { $0 = State() } }

    /// The standing order for a request that comes now; it is used up.
    func takeMisbehaviour() -> Misbehaviour {
        state.withLock { state in
            guard state.failures.requests > 0 else { return Misbehaviour() }
            state.failures.requests -= 1
            return state.failures.misbehaviour
        }
    }

    func record(_ stream: Stream, for requestID: String) {
        state.withLock { state in
            if state.streams.updateValue(stream, forKey: requestID) == nil { state.order.append(requestID) }
            if state.order.count > Self.keptStreams {
                for old in state.order.prefix(Self.keptStreams / 2) { state.streams[old] = nil }
                state.order.removeFirst(Self.keptStreams / 2)
            }
        }
    }

    /// Waits a little for a stream whose last bytes are just being sent.
    func stream(_ requestID: String) -> Stream? {
        state.wait(timeout: .seconds(10)) { $0.streams[requestID] != nil }
        return state.withLock { $0.streams[requestID] }
    }
}
