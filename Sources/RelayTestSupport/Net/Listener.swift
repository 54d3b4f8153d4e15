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
    package init(
        on endpoint: Endpoint = .loopback(0), backlog: Int32 = 1024,
        serve: @escaping @Sendable (StreamSocket) -> Void
    ) throws {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(endpoint.family, kind, 0)
        guard descriptor >= 0 else { throw SupportError.system(operation: "socket", code: errno) }
        var on: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let bound = try unsafe endpoint.withSocketAddress { address, size in
            unsafe bind(descriptor, address, size) == 0 && listen(descriptor, backlog) == 0 ? 0 : errno
        }
        guard bound == 0 else {
            close(descriptor)
            throw SupportError.system(operation: "listen on \(endpoint)", code: bound)
        }
        self.descriptor = descriptor
        self.endpoint = Self.bound(endpoint, descriptor)
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
        try? threadEnded.wait(timeout: .seconds(2))
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

    private static func bound(_ asked: Endpoint, _ descriptor: Int32) -> Endpoint {
        switch asked {
        case .unix: return asked
        case .ipv4(let host, _):
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = unsafe getsockname(descriptor, $0, &size)
                }
            }
            return .ipv4(host: host, port: UInt16(bigEndian: address.sin_port))
        case .ipv6(let host, _):
            var address = sockaddr_in6()
            var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
            unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = unsafe getsockname(descriptor, $0, &size)
                }
            }
            return .ipv6(host: host, port: UInt16(bigEndian: address.sin6_port))
        }
    }
}
