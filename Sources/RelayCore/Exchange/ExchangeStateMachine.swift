// SPDX-License-Identifier: Apache-2.0

/// One exchange from its accepted head to its end: what to do next, decided from what has happened so far.
///
/// A value without sockets, clocks or tokens: events go in, one action comes out, and the driver obeys.
/// **Invariants**: nothing is answered twice; nothing happens after the end; once a head is on the wire a failure shows
/// only by ending early; a request is sent again only while no byte of an answer has gone to the client.
package struct ExchangeStateMachine: Sendable {
    package enum Action: Equatable, Sendable {
        /// Nothing to do; the event came too late or changes nothing.
        case none
        /// Ask for a place among the upstream calls.
        case awaitPlace
        /// Ask for a token.
        case awaitToken
        /// Send the request upstream with the token at hand.
        case call
        /// Drop this answer, report its token as refused, and ask for another.
        case renew
        /// Drop this attempt, and `retryDue()` after that long.
        case retry(after: Duration)
        /// Pass the head on.
        case sendHead
        /// Answer with an empty list of models instead.
        case sendNoModels
        /// Keep this piece until it is clear what the answer means.
        case hold
        /// Pass head and held pieces on, the present one included.
        case release
        /// Pass the piece on.
        case forward
        /// The answer is whole.
        case finish
        /// Answer with an error; the client has seen nothing yet.
        case reply(RelayFailure)
        /// End the answer early, visibly.
        case tear(RelayFailure)
        /// Give everything back; nobody is left to answer.
        case drop(RelayFailure)
    }

    /// What the operator's configuration allows.
    package struct Rules: Sendable {
        /// Another token can be had by asking.
        package var canRenew: Bool
        package var reauth: ReauthBodyRules
        package var retry: RetryConfiguration
        package init(canRenew: Bool, reauth: ReauthBodyRules, retry: RetryConfiguration) {
            (self.canRenew, self.reauth, self.retry) = (canRenew, reauth, retry)
        }
    }

    /// What of an upstream head matters here.
    package struct Head: Sendable {
        package var status: Int
        package var retryAfter: Duration?
        /// A JSON body short enough to be looked into.
        package var isInspectable: Bool
        /// The request was for the list of models, which some gateways do not have.
        package var isModelList: Bool
        package init(status: Int, retryAfter: Duration? = nil, isInspectable: Bool = false, isModelList: Bool = false) {
            (self.status, self.retryAfter) = (status, retryAfter)
            (self.isInspectable, self.isModelList) = (isInspectable, isModelList)
        }
    }

    package enum State: Equatable, Sendable {
        /// The request's body is still arriving.
        case receiving
        case queued, awaitingToken, calling, inspecting, waitingToRetry, streaming, over
    }

    package private(set) var state: State = .receiving
    /// The request was sent again after a refused token.
    package private(set) var isReplay = false
    private let rules: Rules
    private var connectRetries = 0
    private var busyRetries = 0
    private var unavailableRetries = 0
    private var inspectedStatus = 0

    /// The longest `Retry-After` the relay itself waits out.
    package static let longestRetryAfter: Duration = .seconds(5)

    package init(_ rules: Rules) { self.rules = rules }

    /// Whether the request may yet have to be sent again, so that its body must be kept.
    package var mayRepeat: Bool {
        switch state {
        case .receiving, .queued, .awaitingToken, .calling, .inspecting, .waitingToRetry: true
        case .streaming, .over: false
        }
    }

    /// Whether an attempt has failed on its way there.
    package var hasLostConnection: Bool { connectRetries > 0 }

    // MARK: Before the call

    package mutating func requestReceived() -> Action { go(from: .receiving, to: .queued, .awaitPlace) }

    package mutating func placeGranted() -> Action { go(from: .queued, to: .awaitingToken, .awaitToken) }

    package mutating func tokenArrived() -> Action { go(from: .awaitingToken, to: .calling, .call) }

    package mutating func retryDue() -> Action { go(from: .waitingToRetry, to: .awaitingToken, .awaitToken) }

    private mutating func go(from: State, to: State, _ action: Action) -> Action {
        guard state == from else { return .none }
        state = to
        return action
    }

    // MARK: The answer

    package mutating func headArrived(_ head: Head) -> Action {
        guard state == .calling else { return .none }
        switch rules.canRenew ? rules.reauth.verdict(status: head.status) : .accepted {
        case .refused: return refused()
        case .dependsOnBody where head.isInspectable:
            state = .inspecting
            inspectedStatus = head.status
            return .hold
        case .accepted, .dependsOnBody: break
        }
        if let wait = retryWait(head) {
            state = .waitingToRetry
            return .retry(after: wait)
        }
        if head.isModelList, head.status == 404 || head.status == 405 {
            state = .over
            return .sendNoModels
        }
        state = .streaming
        return .sendHead
    }

    /// A piece of the body; `held` counts the bytes kept so far, this piece included.
    package mutating func pieceArrived(held: @autoclosure () -> Int) -> Action {
        switch state {
        case .streaming: return .forward
        case .inspecting where held() <= ReauthBodyRules.maximumBody: return .hold
        case .inspecting:
            state = .streaming
            return .release
        default: return .none
        }
    }

    /// The answer is whole; `held` is what was kept of it.
    ///
    /// After `.release` the driver finishes as after `.finish`.
    package mutating func answerEnded(held: [UInt8]) -> Action {
        switch state {
        case .streaming:
            state = .over
            return .finish
        case .inspecting:
            if rules.reauth.refuses(status: inspectedStatus, body: held) { return refused() }
            state = .over
            return .release
        default: return .none
        }
    }

    private mutating func refused() -> Action {
        guard !isReplay else { return end(.upstreamAuthRejected) }
        isReplay = true
        state = .awaitingToken
        return .renew
    }

    private mutating func retryWait(_ head: Head) -> Duration? {
        let wait = head.retryAfter ?? .seconds(1)
        guard wait <= Self.longestRetryAfter else { return nil }
        if head.status == 429, busyRetries < rules.retry.tooManyRequests {
            busyRetries += 1
            return wait
        }
        if head.status == 503, head.retryAfter != nil, unavailableRetries < rules.retry.unavailable {
            unavailableRetries += 1
            return wait
        }
        return nil
    }

    // MARK: Ends

    /// The attempt failed; `isRetryable` if upstream cannot have acted on the request.
    package mutating func callFailed(_ failure: RelayFailure, isRetryable: Bool) -> Action {
        if state == .calling, isRetryable, connectRetries < rules.retry.connect {
            connectRetries += 1
            state = .waitingToRetry
            return .retry(after: connectRetries == 1 ? .milliseconds(100) : .milliseconds(500))
        }
        return end(failure)
    }

    /// Anything else went wrong: no place, no token, a clock ran out, the drain deadline came.
    package mutating func failed(_ failure: RelayFailure) -> Action { end(failure) }

    /// The instance is going away: what has not been sent upstream is not sent any more, unless it need not wait.
    package mutating func draining() -> Action {
        switch state {
        case .queued, .awaitingToken, .waitingToRetry: end(.draining)
        case .receiving, .calling, .inspecting, .streaming, .over: .none
        }
    }

    package mutating func clientLeft(_ failure: RelayFailure = .clientGone) -> Action {
        guard state != .over else { return .none }
        state = .over
        return .drop(failure)
    }

    private mutating func end(_ failure: RelayFailure) -> Action {
        defer { state = .over }
        switch state {
        case .over: return .none
        case .streaming: return .tear(failure)
        case .receiving, .queued, .awaitingToken, .calling, .inspecting, .waitingToRetry: return .reply(failure)
        }
    }
}
