// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A named thread whose body makes everything it uses, so that the compiler keeps it there.
package final class LoopThread: Sendable {
    private let thread: pthread_t

    private final class Body {
        let name: String
        let run: @Sendable () -> Void
        init(_ name: String, _ run: @escaping @Sendable () -> Void) { (self.name, self.run) = (name, run) }
    }

    /// Starts at once.
    ///
    /// `name` is cut to the kernel's 15 bytes.
    ///
    /// - Throws: `EAGAIN` when the process may have no more threads.
    package init(name: String, _ run: @escaping @Sendable () -> Void) throws(SystemCallError) {
        let body = unsafe Unmanaged.passRetained(Body(String(name.prefix(15)), run))
        var handle = pthread_t()
        let code = unsafe pthread_create(
            &handle, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let body = unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
                unsafe pthread_setname_np(pthread_self(), body.name)
                body.run()
                return nil
            }, body.toOpaque())
        guard code == 0 else {
            unsafe body.release()
            throw SystemCallError("pthread_create", code: code)
        }
        thread = handle
    }

    /// Waits until the body has returned.
    ///
    /// Call it once.
    package func join() { pthread_join(thread, nil) }
}
