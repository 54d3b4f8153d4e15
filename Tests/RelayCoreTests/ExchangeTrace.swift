// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// Watches one exchange from outside and notes what must never happen.
struct ExchangeTrace {
    private(set) var violations: [String] = []
    private var events: [ExchangeEvent] = []
    private var calls = 0
    private var renewals = 0
    private var answers = 0
    private var hasHead = false
    private var isOver = false
    /// A call is out and its answer has not ended.
    private var isCalling = false

    mutating func take(_ event: ExchangeEvent, _ machine: inout ExchangeStateMachine) {
        events.append(event)
        let before = machine.state
        let action = machine.take(event)
        judge(action, before, machine.state)
        check(machine.mayRepeat || hasHead || isOver, "the body is let go while it may be needed")
        check(!(machine.mayRepeat && hasHead), "the body is kept although nothing can be repeated")
    }

    private mutating func judge(_ action: ExchangeAction, _ before: ExchangeState, _ after: ExchangeState) {
        if before == .over { check(action == .none && after == .over, "something happens after the end") }
        switch action {
        case .none: check(before == after, "a silent change of state")
        case .awaitPlace, .awaitToken: check(!hasHead, "a way upstream after the head")
        case .call:
            calls += 1
            check(!hasHead, "a call after the head")
            check(!isCalling, "two calls at once")
            check(calls <= 6, "more calls than a replay and all retries allow")
            isCalling = true
        case .renew:
            renewals += 1
            check(renewals == 1 && !hasHead, "a second renewal, or one after the head")
            isCalling = false
        case .retry:
            check(!hasHead, "a retry after the head")
            isCalling = false
        case .sendHead: answer()
        case .release: answer()
        case .hold: check(!hasHead && isCalling, "a held piece after the head")
        case .forward: check(hasHead && isCalling, "a piece before the head")
        case .finish: check(hasHead && isCalling, "an end before the head")
        case .tear: check(hasHead, "a torn answer that never began")
        case .reply, .sendNoModels: answer()
        case .drop: check(!isOver, "dropped twice")
        }
        if after == .over { (isOver, isCalling) = (true, false) }
    }

    private mutating func answer() {
        answers += 1
        hasHead = true
        check(answers == 1, "two answers")
    }

    private mutating func check(_ holds: Bool, _ what: String) {
        if !holds { violations.append("\(what), after \(events)") }
    }
}
