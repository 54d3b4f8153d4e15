// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// A value behind a lock whose changes other threads can wait for.
///
/// It rests on pthreads, which ThreadSanitizer understands, and waits by the monotonic clock: the machine's clock may be
/// set while tests run.
package final class Monitor<State: Sendable>: @unchecked Sendable {
    // Proof of @unchecked: `state` is touched only between lock and unlock of `mutex`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    package init(_ state: State) {
        self.state = state
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe changed.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Reads or changes the value; every waiter looks again afterwards.
    package func withLock<R, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_cond_broadcast(changed)
            unsafe pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    package var value: State { withLock { $0 } }

    /// Blocks until the value fits; false if the time is over first.
    @discardableResult
    package func wait(timeout: Duration = hangLimit, until holds: (State) -> Bool) -> Bool {
        let end = monotonicNanoseconds() + Int64(max(0, timeout.asSeconds) * 1e9)
        var moment = timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while !holds(state) {
            if unsafe pthread_cond_timedwait(changed, mutex, &moment) == ETIMEDOUT { return holds(state) }
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
    package func wait(timeout: Duration = hangLimit) throws {
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
