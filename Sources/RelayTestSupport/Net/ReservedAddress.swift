// SPDX-License-Identifier: Apache-2.0
import Glibc

/// An address that is bound and not listened on: connections to it are refused, and nobody else can be given it.
package final class ReservedAddress: Sendable {
    /// With the port the kernel chose.
    package let endpoint: Endpoint
    /// Nil once it has been taken.
    private let descriptor: Monitor<Int32?>

    package init(_ endpoint: Endpoint = .loopback(0)) throws {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(endpoint.family, kind, 0)
        guard descriptor >= 0 else { throw SupportError.system(operation: "socket", code: errno) }
        var on: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let code = try unsafe endpoint.withSocketAddress { address, size in
            unsafe bind(descriptor, address, size) == 0 ? 0 : errno
        }
        guard code == 0 else {
            close(descriptor)
            throw SupportError.system(operation: "bind to \(endpoint)", code: code)
        }
        self.descriptor = Monitor(descriptor)
        self.endpoint = Self.bound(endpoint, descriptor)
    }

    deinit { if let descriptor = descriptor.value { close(descriptor) } }

    /// The bound socket, which from now on belongs to the caller.
    func take() throws -> Int32 {
        let taken = descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
        guard let taken else { throw SupportError.closed }
        return taken
    }

    private static func bound(_ asked: Endpoint, _ descriptor: Int32) -> Endpoint {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // Both families keep the port in the same place.
        let port = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            _ = unsafe getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &size)
            return unsafe UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
        }
        switch asked {
        case .unix: return asked
        case .ipv4(let host, _): return .ipv4(host: host, port: port)
        case .ipv6(let host, _): return .ipv6(host: host, port: port)
        }
    }
}
