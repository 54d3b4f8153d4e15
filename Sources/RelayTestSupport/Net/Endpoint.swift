// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A local address to listen on or connect to.
package enum Endpoint: Sendable, Equatable, CustomStringConvertible {
    /// `host` is a numeric IPv4 address; port 0 lets the kernel choose.
    case ipv4(host: String = "127.0.0.1", port: UInt16)
    case ipv6(host: String = "::1", port: UInt16)
    case unix(path: String)

    package static func loopback(_ port: UInt16) -> Endpoint { .ipv4(port: port) }

    /// Reads `127.0.0.1:80`, `[::1]:80` or `unix:/path`.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            self = .unix(path: String(text.dropFirst(5)))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            self = .ipv6(host: String(host.dropFirst().dropLast()), port: port)
        } else {
            self = .ipv4(host: host == "localhost" ? "127.0.0.1" : host, port: port)
        }
    }

    package var port: UInt16 {
        switch self {
        case .ipv4(_, let port), .ipv6(_, let port): port
        case .unix: 0
        }
    }

    package var description: String {
        switch self {
        case .ipv4(let host, let port): "\(host):\(port)"
        case .ipv6(let host, let port): "[\(host)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    var family: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// Hands the address in the kernel's form to `body`.
    func withSocketAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) throws -> R) throws -> R {
        switch self {
        case .ipv4(let host, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            guard unsafe inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
                throw SupportError.malformed("address \"\(host)\"")
            }
            return try unsafe Self.pass(&address, body)
        case .ipv6(let host, let port):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            guard unsafe inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else {
                throw SupportError.malformed("address \"\(host)\"")
            }
            return try unsafe Self.pass(&address, body)
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            try unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
                guard bytes.count < room.count else { throw SupportError.malformed("socket path \"\(path)\"") }
                unsafe room.copyBytes(from: bytes)
            }
            return try unsafe Self.pass(&address, body)
        }
    }

    private static func pass<Address, R>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> R
    ) rethrows -> R {
        let size = socklen_t(MemoryLayout<Address>.size)
        return try unsafe withUnsafePointer(to: &address) { pointer in
            try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { try unsafe body($0, size) }
        }
    }
}
