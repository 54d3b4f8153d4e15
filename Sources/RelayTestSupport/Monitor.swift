// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A value behind a lock whose changes other threads can wait for.
///
/// `NSCondition` rests on pthreads, which ThreadSanitizer understands.
package final class Monitor<State: Sendable>: @unchecked Sendable {
    // Proof of @unchecked: `state` is touched only between lock and unlock of `condition`.
    private let condition = NSCondition()
    private var state: State

    package init(_ state: State) { self.state = state }

    /// Reads or changes the value; every waiter looks again afterwards.
    package func withLock<R, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&state)
    }

    package var value: State { withLock { $0 } }

    /// Blocks until `condition` holds; false if the time is over first.
    @discardableResult
    package func wait(timeout: Duration = .seconds(10), until holds: (State) -> Bool) -> Bool {
        let end = Date(timeIntervalSinceNow: timeout.asSeconds)
        condition.lock()
        defer { condition.unlock() }
        while !holds(state) {
            if !condition.wait(until: end) { return holds(state) }
        }
        return true
    }
}

/// A door that a test opens by hand, once.
package final class Gate: Sendable {
    private let opened = Monitor(false)

    package init() {}

    package func open() { opened.withLock { $0 = true } }

    package var isOpen: Bool { opened.value }

    /// Blocks until the gate is open; throws `SupportError.timedOut` after `timeout`.
    package func wait(timeout: Duration = .seconds(10)) throws {
        guard opened.wait(timeout: timeout, until: { $0 }) else { throw SupportError.timedOut("a gate to open") }
    }
}

/// Runs blocking code on a thread of its own.
///
/// A waiting test must not hold one of the few threads that run `async` code, since the code under test may need them.
/// Task-local values go along, so an issue finds its test.
package func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await Task(executorPreference: ThreadPerJob.shared) { try body() }.value
}

/// Runs each job on a new thread.
private final class ThreadPerJob: TaskExecutor {
    static let shared = ThreadPerJob()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        startThread { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Starts a detached thread with a small stack.
package func startThread(_ body: @escaping @Sendable () -> Void) {
    let thread = Thread(block: body)
    thread.stackSize = 512 * 1024
    thread.start()
}
