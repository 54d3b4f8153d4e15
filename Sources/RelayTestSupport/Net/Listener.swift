// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A listening socket with one thread that accepts; each connection gets its own thread.
package final class Listener: Sendable {
    /// Where it listens, with the port the kernel chose.
    package let endpoint: Endpoint
    private let descriptor: Int32
    private let stopped = Monitor(false)
    private let threadEnded = Gate()

    /// Starts to accept; `serve` runs on the connection's own thread.
    package convenience init(
        on endpoint: Endpoint = .loopback(0), serve: @escaping @Sendable (StreamSocket) -> Void
    ) throws {
        try self.init(on: ReservedAddress(endpoint), serve: serve)
    }

    /// Starts to accept at an address that was held till now.
    package init(on address: ReservedAddress, serve: @escaping @Sendable (StreamSocket) -> Void) throws {
        let descriptor = try address.take()
        guard listen(descriptor, 1_024) == 0 else {
            let code = errno
            close(descriptor)
            throw SupportError.system(operation: "listen on \(address.endpoint)", code: code)
        }
        self.descriptor = descriptor
        endpoint = address.endpoint
        let stopped = stopped
        let threadEnded = threadEnded
        startThread {
            Self.accept(from: descriptor, until: stopped, serve: serve)
            close(descriptor)
            threadEnded.open()
        }
    }

    deinit { stop() }

    /// Closes the listening socket; connections already accepted go on.
    package func stop() {
        // Only once: afterwards the number may belong to somebody else's descriptor.
        let isFirst = stopped.withLock { stopped in
            defer { stopped = true }
            return !stopped
        }
        guard isFirst else { return }
        _ = shutdown(descriptor, Int32(SHUT_RD))
        try? threadEnded.wait()
        if case .unix(let path) = endpoint { unsafe unlink(path) }
    }

    private static func accept(
        from descriptor: Int32, until stopped: Monitor<Bool>, serve: @escaping @Sendable (StreamSocket) -> Void
    ) {
        while !stopped.value {
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&request, 1, 100) > 0, !stopped.value else { continue }
            let accepted = descriptorCreation.withLock { _ in
                let accepted = Glibc.accept(descriptor, nil, nil)
                if accepted >= 0 { _ = fcntl(accepted, F_SETFD, FD_CLOEXEC) }
                return accepted >= 0 ? accepted : -errno
            }
            if accepted >= 0 {
                let socket = StreamSocket(adopting: accepted)
                startThread { serve(socket) }
            } else if accepted == -EMFILE || accepted == -ENFILE {
                usleep(10_000)
            }
        }
    }
}
