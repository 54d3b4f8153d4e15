// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// An address a socket can be bound to, or was accepted from.
package struct SocketAddress: CustomStringConvertible {
    private var storage = sockaddr_storage()
    private(set) var length: socklen_t = 0

    /// An IPv4 or IPv6 literal, or a name that is resolved (blocking: for start-up only).
    ///
    /// - Throws: `SystemCallError` named `getaddrinfo` with the resolver's code.
    package init(host: String, port: UInt16) throws(SystemCallError) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let found = unsafe list, let address = unsafe found.pointee.ai_addr else {
            throw SystemCallError("getaddrinfo", code: code == EAI_SYSTEM ? errno : EADDRNOTAVAIL)
        }
        length = unsafe found.pointee.ai_addrlen
        unsafe withUnsafeMutableBytes(of: &storage) { target in
            unsafe target.copyMemory(
                from: UnsafeRawBufferPointer(start: address, count: min(Int(length), target.count)))
        }
        unsafe freeaddrinfo(found)
    }

    /// - Throws: `ENAMETOOLONG` if the path does not fit (107 bytes).
    package init(unixPath path: String) throws(SystemCallError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard !bytes.isEmpty, bytes.count <= room else { throw SystemCallError("bind", code: ENAMETOOLONG) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
        unsafe withUnsafeMutableBytes(of: &storage) { target in
            unsafe withUnsafeBytes(of: &address) { unsafe target.copyMemory(from: $0) }
        }
    }

    /// The address the kernel gave `descriptor`, which tells the port that was asked for as 0.
    package init(boundTo descriptor: borrowing FileDescriptor) throws(SystemCallError) {
        try self.init(boundTo: descriptor.rawValue)
    }

    /// The local port of a socket that another library owns; 0 if it has none.
    package static func localPort(of descriptor: CInt) -> UInt16 {
        (try? SocketAddress(boundTo: descriptor))?.port ?? 0
    }

    /// The other end of a socket that another library owns; nil if it is not connected.
    package static func peer(of descriptor: CInt) -> SocketAddress? {
        var address = SocketAddress()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutableBytes(of: &address.storage) { bytes in
            unsafe getpeername(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &size)
        }
        address.length = size
        return result == 0 ? address : nil
    }

    private init() {}

    private init(boundTo raw: CInt) throws(SystemCallError) {
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe getsockname(raw, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &size)
        }
        guard result == 0 else { throw SystemCallError("getsockname", code: errno) }
        length = size
    }

    package var family: CInt { CInt(storage.ss_family) }

    /// The port, or 0 for a unix address.
    package var port: UInt16 {
        var copy = storage
        return unsafe withUnsafeBytes(of: &copy) { bytes in
            guard family == AF_INET || family == AF_INET6 else { return 0 }
            return unsafe UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
        }
    }

    /// `127.0.0.1:8080`, `[::1]:8080` or `unix:/path`.
    package var description: String {
        var copy = storage
        return unsafe withUnsafeBytes(of: &copy) { bytes in
            if family == AF_UNIX {
                let path = unsafe bytes.dropFirst(2).prefix { $0 != 0 }
                return unsafe "unix:" + String(decoding: path, as: UTF8.self)
            }
            return family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    /// `127.0.0.1` or `::1`; `?` for what is neither.
    package var host: String {
        var copy = storage
        return unsafe withUnsafeBytes(of: &copy) { bytes in
            var text = [CChar](repeating: 0, count: 64)
            let offset = family == AF_INET6 ? 8 : 4
            let printed = unsafe inet_ntop(family, bytes.baseAddress?.advanced(by: offset), &text, 64) != nil
            let end = text.firstIndex(of: 0) ?? 0
            return printed ? String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self) : "?"
        }
    }

    /// Calls `body` with the address as the socket calls want it.
    func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>?, socklen_t) -> R) -> R {
        var copy = storage
        return unsafe withUnsafeBytes(of: &copy) { bytes in
            unsafe body(bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), length)
        }
    }
}
