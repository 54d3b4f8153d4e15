// SPDX-License-Identifier: Apache-2.0
import RelayCore

typealias ExchangeAction = ExchangeStateMachine.Action
typealias ExchangeState = ExchangeStateMachine.State

/// Everything that can happen to an exchange, as values.
enum ExchangeEvent: Equatable, CustomStringConvertible {
    case requestReceived, placeGranted, tokenArrived, retryDue, draining, clientLeft
    case head(Int, retryAfter: Duration? = nil, isInspectable: Bool = false, isModelList: Bool = false)
    case piece(held: Int)
    case ended(held: String = "")
    case callFailed(isRetryable: Bool)
    case failed

    static let callFailure = RelayFailure.upstreamReset
    static let failure = RelayFailure.upstreamTimeout(.idle)

    var description: String {
        switch self {
        case .requestReceived: "requestReceived"
        case .placeGranted: "placeGranted"
        case .tokenArrived: "tokenArrived"
        case .retryDue: "retryDue"
        case .draining: "draining"
        case .clientLeft: "clientLeft"
        case .head(let status, let wait, let isInspectable, let isModelList):
            "head(\(status), retryAfter: \(wait.map { "\($0)" } ?? "nil"), \(isInspectable), \(isModelList))"
        case .piece(let held): "piece(\(held))"
        case .ended(let held): "ended(\(held))"
        case .callFailed(let isRetryable): "callFailed(\(isRetryable))"
        case .failed: "failed"
        }
    }
}

extension ExchangeStateMachine {
    /// A source that renews, 401 and a 403 with a certain body as refusals, every kind of retry allowed.
    static let testRules: Rules = {
        var retry = RetryConfiguration()
        (retry.connect, retry.tooManyRequests, retry.unavailable) = (2, 1, 1)
        let refusals = [ReauthRule(status: 401), ReauthRule(status: 403, pointer: "/code", values: ["expired"])]
        return Rules(canRenew: true, reauth: ReauthBodyRules(refusals), retry: retry)
    }()

    mutating func take(_ event: ExchangeEvent) -> Action {
        switch event {
        case .requestReceived: requestReceived()
        case .placeGranted: placeGranted()
        case .tokenArrived: tokenArrived()
        case .retryDue: retryDue()
        case .draining: draining()
        case .clientLeft: clientLeft()
        case .head(let status, let wait, let isInspectable, let isModelList):
            headArrived(Head(status: status, retryAfter: wait, isInspectable: isInspectable, isModelList: isModelList))
        case .piece(let held): pieceArrived(held: held)
        case .ended(let held): answerEnded(held: Array(held.utf8))
        case .callFailed(let isRetryable): callFailed(ExchangeEvent.callFailure, isRetryable: isRetryable)
        case .failed: failed(ExchangeEvent.failure)
        }
    }

    /// A machine that has come to `state` by the shortest way.
    static func at(_ state: State, rules: Rules = testRules) -> ExchangeStateMachine {
        let toCall: [ExchangeEvent] = [.requestReceived, .placeGranted, .tokenArrived]
        let way: [ExchangeEvent] =
            switch state {
            case .receiving: []
            case .queued: [.requestReceived]
            case .awaitingToken: [.requestReceived, .placeGranted]
            case .calling: toCall
            case .inspecting: toCall + [.head(403, isInspectable: true)]
            case .waitingToRetry: toCall + [.callFailed(isRetryable: true)]
            case .streaming: toCall + [.head(200)]
            case .over: [.clientLeft]
            }
        var machine = ExchangeStateMachine(rules)
        for event in way { _ = machine.take(event) }
        return machine
    }

    static let allStates: [State] = [
        .receiving, .queued, .awaitingToken, .calling, .inspecting, .waitingToRetry, .streaming, .over,
    ]
}
