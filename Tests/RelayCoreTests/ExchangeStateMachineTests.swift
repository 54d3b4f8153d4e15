// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

/// Every event in every state: what changes something is in the table, everything else changes nothing.
@Suite("Exchange state machine")
struct ExchangeStateMachineTests {
    private typealias Row = (state: ExchangeState, event: ExchangeEvent, action: ExchangeAction, next: ExchangeState)

    private static let reply = ExchangeAction.reply(ExchangeEvent.failure)
    private static let lost = ExchangeAction.reply(ExchangeEvent.callFailure)
    private static let tooMuch = ReauthBodyRules.maximumBody + 1

    private static let rows: [Row] = [
        (.receiving, .requestReceived, .awaitPlace, .queued),
        (.queued, .placeGranted, .awaitToken, .awaitingToken),
        (.awaitingToken, .tokenArrived, .call, .calling),
        (.waitingToRetry, .retryDue, .awaitToken, .awaitingToken),

        (.calling, .head(200), .sendHead, .streaming),
        (.calling, .head(500), .sendHead, .streaming),
        (.calling, .head(302), .sendHead, .streaming),
        (.calling, .head(401), .renew, .awaitingToken),
        (.calling, .head(403, isInspectable: true), .hold, .inspecting),
        (.calling, .head(403), .sendHead, .streaming),
        (.calling, .head(404, isModelList: true), .sendNoModels, .over),
        (.calling, .head(405, isModelList: true), .sendNoModels, .over),
        (.calling, .head(404), .sendHead, .streaming),
        (.calling, .head(429), .retry(after: .seconds(1)), .waitingToRetry),
        (.calling, .head(429, retryAfter: .seconds(5)), .retry(after: .seconds(5)), .waitingToRetry),
        (.calling, .head(429, retryAfter: .milliseconds(5_001)), .sendHead, .streaming),
        (.calling, .head(503, retryAfter: .zero), .retry(after: .zero), .waitingToRetry),
        (.calling, .head(503), .sendHead, .streaming),

        (.streaming, .piece(held: 1), .forward, .streaming),
        (.streaming, .piece(held: tooMuch), .forward, .streaming),
        (.inspecting, .piece(held: 1), .hold, .inspecting),
        (.inspecting, .piece(held: tooMuch - 1), .hold, .inspecting),
        (.inspecting, .piece(held: tooMuch), .release, .streaming),
        (.streaming, .ended(), .finish, .over),
        (.inspecting, .ended(held: "{}"), .release, .over),
        (.inspecting, .ended(held: "{\"code\":\"expired\"}"), .renew, .awaitingToken),

        (.calling, .callFailed(isRetryable: true), .retry(after: .milliseconds(100)), .waitingToRetry),
        (.calling, .callFailed(isRetryable: false), lost, .over),
        (.inspecting, .callFailed(isRetryable: true), lost, .over),
        (.inspecting, .callFailed(isRetryable: false), lost, .over),
        (.streaming, .callFailed(isRetryable: true), .tear(ExchangeEvent.callFailure), .over),
        (.streaming, .callFailed(isRetryable: false), .tear(ExchangeEvent.callFailure), .over),

        (.queued, .draining, .reply(.draining), .over),
        (.awaitingToken, .draining, .reply(.draining), .over),
        (.waitingToRetry, .draining, .reply(.draining), .over),
        (.streaming, .failed, .tear(ExchangeEvent.failure), .over),
    ]

    private static let events: [ExchangeEvent] = [
        .requestReceived, .placeGranted, .tokenArrived, .retryDue, .draining, .clientLeft, .failed, .head(200),
        .head(302), .head(500), .head(401), .head(403), .head(403, isInspectable: true), .head(404),
        .head(404, isModelList: true), .head(405, isModelList: true), .head(429), .head(429, retryAfter: .seconds(5)),
        .head(429, retryAfter: .milliseconds(5_001)), .head(503), .head(503, retryAfter: .zero), .piece(held: 1),
        .piece(held: tooMuch - 1), .piece(held: tooMuch), .ended(), .ended(held: "{}"),
        .ended(held: "{\"code\":\"expired\"}"), .callFailed(isRetryable: true), .callFailed(isRetryable: false),
    ]

    /// What the table leaves out: a client that leaves ends everything, a failure is answered where nothing was sent.
    private static func expected(_ event: ExchangeEvent, in state: ExchangeState) -> (ExchangeAction, ExchangeState) {
        if let row = rows.first(where: { $0.state == state && $0.event == event }) { return (row.action, row.next) }
        if state == .over { return (.none, .over) }
        switch event {
        case .clientLeft: return (.drop(.clientGone), .over)
        case .failed: return (reply, .over)
        case .callFailed: return (lost, .over)
        case .ended where state == .streaming: return (.finish, .over)
        case .ended where state == .inspecting: return (.release, .over)
        case .piece where state == .streaming: return (.forward, .streaming)
        default: return (.none, state)
        }
    }

    @Test("every event in every state")
    func table() {
        for state in ExchangeStateMachine.allStates {
            for event in Self.events {
                var machine = ExchangeStateMachine.at(state)
                #expect(machine.state == state)
                let (action, next) = Self.expected(event, in: state)
                #expect(machine.take(event) == action, "\(event) in \(state)")
                #expect(machine.state == next, "\(event) in \(state)")
                #expect(machine.mayRepeat == (next != .streaming && next != .over), "\(event) in \(state)")
            }
        }
        for row in Self.rows { #expect(Self.events.contains(row.event), "\(row.event) is tried") }
    }

    @Test("a second refusal is final, whether the status or the body says it", arguments: [401, 403])
    func secondRefusal(status: Int) {
        var machine = ExchangeStateMachine.at(.calling)
        for round in 0..<2 {
            var action = machine.take(.head(status, isInspectable: true))
            if status == 403 {
                #expect(action == .hold)
                action = machine.take(.ended(held: "{\"code\":\"expired\"}"))
            }
            #expect(action == (round == 0 ? .renew : .reply(.upstreamAuthRejected)))
            #expect(machine.take(.tokenArrived) == (round == 0 ? .call : .none))
            #expect(machine.isReplay)
        }
    }

    @Test("where no other token can be had, a refusal is an answer like any other")
    func withoutRenewal() {
        let rules = ExchangeStateMachine.Rules(
            canRenew: false, reauth: ReauthBodyRules([ReauthRule(status: 401)]), retry: RetryConfiguration())
        var machine = ExchangeStateMachine.at(.calling, rules: rules)
        #expect(machine.take(.head(401)) == .sendHead)
        #expect(!machine.isReplay)
    }

    @Test("retries are counted by kind, and for the exchange as a whole")
    func retryBudget() {
        var machine = ExchangeStateMachine.at(.calling)
        let steps: [(ExchangeEvent, ExchangeAction)] = [
            (.callFailed(isRetryable: true), .retry(after: .milliseconds(100))),
            (.head(429), .retry(after: .seconds(1))),
            (.callFailed(isRetryable: true), .retry(after: .milliseconds(500))),
            (.head(503, retryAfter: .zero), .retry(after: .zero)),
            (.head(401), .renew),
        ]
        for (event, action) in steps {
            #expect(machine.take(event) == action)
            if action != .renew { #expect(machine.take(.retryDue) == .awaitToken) }
            #expect(machine.take(.tokenArrived) == .call)
        }
        for event in [ExchangeEvent.head(429), .head(503, retryAfter: .zero), .head(401)] {
            var copy = machine
            let action = copy.take(event)
            #expect(action == (event == .head(401) ? .reply(.upstreamAuthRejected) : .sendHead))
        }
        #expect(machine.take(.callFailed(isRetryable: true)) == .reply(ExchangeEvent.callFailure))
    }

    @Test("with retries off the first failure is the answer")
    func retriesOff() {
        var retry = RetryConfiguration()
        (retry.connect, retry.tooManyRequests, retry.unavailable) = (0, 0, 0)
        let rules = ExchangeStateMachine.Rules(canRenew: true, reauth: ReauthBodyRules([]), retry: retry)
        for event in [ExchangeEvent.head(429, retryAfter: .zero), .head(503, retryAfter: .zero)] {
            var machine = ExchangeStateMachine.at(.calling, rules: rules)
            #expect(machine.take(event) == .sendHead)
        }
        var machine = ExchangeStateMachine.at(.calling, rules: rules)
        #expect(machine.take(.callFailed(isRetryable: true)) == .reply(ExchangeEvent.callFailure))
    }

    @Test("10 000 random orders break no invariant")
    func random() {
        var random = SplitMix(seed: 20_261_126)
        for _ in 0..<10_000 {
            var machine = ExchangeStateMachine(ExchangeStateMachine.testRules)
            var trace = ExchangeTrace()
            for _ in 0..<40 {
                // Half of the time the event that leads on, so that late states are reached as often as early ones.
                let event = Bool.random(using: &random) ? Self.leadingOn(machine.state) : nil
                trace.take(event ?? Self.events.randomElement(using: &random) ?? .failed, &machine)
            }
            #expect(trace.violations == [])
            if !trace.violations.isEmpty { return }
        }
    }

    private static func leadingOn(_ state: ExchangeState) -> ExchangeEvent? {
        switch state {
        case .receiving: .requestReceived
        case .queued: .placeGranted
        case .awaitingToken: .tokenArrived
        case .waitingToRetry: .retryDue
        case .calling, .inspecting, .streaming, .over: nil
        }
    }
}
