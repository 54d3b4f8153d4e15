// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import RelayLoop

/// Shows on a terminal's standard error which step is being waited for, once it takes more than a second.
final class CheckProgress: Sendable {
    private let text: CheckText
    private let isShown: Bool
    private let state = Lock(State())

    private struct State: Sendable {
        var ticker: Task<Void, Never>?
        var hasLine = false
    }

    private static let clearLine = "\r\u{1B}[K"

    init(_ text: CheckText, isShown: Bool) { (self.text, self.isShown) = (text, isShown) }

    func began(_ step: CheckStep) {
        guard isShown else { return }
        let startedAt = MonotonicClock.now
        let ticker = Task { [weak self] in
            while true {
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
                self?.show(step, MonotonicClock.now - startedAt)
            }
        }
        replace(ticker)
    }

    func ended() { replace(nil) }

    private func show(_ step: CheckStep, _ time: Duration) {
        state.withLock { state in
            // Cancelled between waking and here: the line of its successor stands already.
            guard state.ticker != nil else { return }
            state.hasLine = true
            ProcessEnvironment.writeError(Self.clearLine + text.progress(step, after: time))
        }
    }

    private func replace(_ ticker: Task<Void, Never>?) {
        state.withLock { state in
            state.ticker?.cancel()
            state.ticker = ticker
            if state.hasLine { ProcessEnvironment.writeError(Self.clearLine) }
            state.hasLine = false
        }
    }
}
