// SPDX-License-Identifier: Apache-2.0
#if RELAY_TSAN
    import Glibc

    /// A value that only the holder of its lock can touch.
    ///
    /// This body is for ThreadSanitizer builds alone: the sanitizer does not see through the futex of
    /// `Synchronization.Mutex` on Linux and reports races that are not there; pthread mutexes it knows.
    @safe package final class Lock<Value>: @unchecked Sendable {
        // Proof of @unchecked: `value` is read and written only between lock and unlock of `mutex`, and leaves only as
        // `sending` results. Of @safe: the pointer is made here, freed in `deinit`, and never leaves.
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private var value: Value

        package init(_ value: sending Value) {
            self.value = value
            unsafe mutex = .allocate(capacity: 1)
            unsafe mutex.initialize(to: pthread_mutex_t())
            unsafe pthread_mutex_init(mutex, nil)
        }

        deinit {
            unsafe pthread_mutex_destroy(mutex)
            unsafe mutex.deallocate()
        }

        package func withLock<R, E: Error>(_ body: (inout sending Value) throws(E) -> sending R) throws(E) -> sending R
        {
            unsafe pthread_mutex_lock(mutex)
            defer { unsafe pthread_mutex_unlock(mutex) }
            return try body(&value)
        }
    }
#else
    import Synchronization

    /// A value that only the holder of its lock can touch.
    ///
    /// Beside a mutex of nothing, not within a `Mutex<Value>`, whose layout the runtime would look up at each access:
    /// nine times a request.
    package final class Lock<Value>: @unchecked Sendable {
        // Proof of @unchecked: `value` is sent in, is read and written only while `mutex` is held, and leaves only as
        // `sending` results.
        private let mutex = Mutex<Void>(())
        private var value: Value

        package init(_ value: sending Value) { self.value = value }

        package func withLock<R, E: Error>(_ body: (inout sending Value) throws(E) -> sending R) throws(E) -> sending R
        {
            try mutex.withLock { (_) throws(E) -> sending R in try body(&value) }
        }
    }
#endif
