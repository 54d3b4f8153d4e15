// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A listening socket, non-blocking and closed on exec.
///
/// TCP listeners share their port through SO_REUSEPORT, one for each loop, so that the kernel spreads connections and no
/// loop hands one to another. Unix listeners cannot: the loops share one socket by `duplicate()`.
///
/// **Isolation**: any thread may hold it; it never changes.
package final class Listener: Sendable {
    package let descriptor: FileDescriptor
    /// The file of a unix socket, as it was made.
    private let file: (path: String, identity: SmallFile.Identity)?

    /// Connections that may wait to be accepted.
    package static let backlog = 1_024

    /// - Throws: what `socket`, `bind` or `listen` said, for example `EADDRINUSE`.
    package init(tcp address: SocketAddress, backlog: Int = backlog) throws(SystemCallError) {
        let made = try Self.makeSocket(address.family)
        try Self.set(made, SO_REUSEADDR)
        try Self.set(made, SO_REUSEPORT)
        try Self.bindAndListen(made, to: address, backlog: backlog)
        descriptor = made
        file = nil
    }

    /// Binds `path`, taking the place of a socket file that nobody serves any more.
    package init(unixPath path: String, mode: UInt32 = 0o660, backlog: Int = backlog) throws(SystemCallError) {
        let address = try SocketAddress(unixPath: path)
        let made = try Self.makeSocket(AF_UNIX)
        if !Self.isServed(address) {
            var status = stat()
            // Only a socket is removed: a mistyped path must not cost the operator a file.
            if unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unsafe unlink(path) }
        }
        try Self.bindAndListen(made, to: address, backlog: backlog)
        unsafe chmod(path, mode)
        descriptor = made
        file = (path, try SmallFile.identity(of: path))
    }

    /// Makes sure that nobody else serves the address, another relay included, which SO_REUSEPORT would let in silently.
    ///
    /// - Throws: what `bind` says to a socket that does not share.
    package static func requireFree(_ address: SocketAddress) throws(SystemCallError) {
        let probe = try makeSocket(address.family)
        try set(probe, SO_REUSEADDR)
        try bind(probe, to: address)
    }

    private init(sharing descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
        file = nil
    }

    /// A second owner of the same listening socket.
    package func duplicate() throws(SystemCallError) -> Listener {
        let copy = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemCallError("dup", code: errno) }
        return Listener(sharing: FileDescriptor(owning: copy))
    }

    /// Removes the file of a unix socket, unless another has taken its place; not for a `duplicate()`.
    package func removeFile() {
        guard let file, (try? SmallFile.identity(of: file.path)) == file.identity else { return }
        unsafe unlink(file.path)
    }

    /// Whether a connection would get a descriptor below `ProcessLimits.descriptorCeiling`.
    ///
    /// - Throws: `EMFILE` and its like if not.
    package func requireRoom() throws(SystemCallError) {
        let probe = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
        guard probe >= 0 else { throw SystemCallError("accept", code: errno) }
        Glibc.close(probe)
        guard probe < ProcessLimits.descriptorCeiling else { throw SystemCallError("accept", code: EMFILE) }
    }

    /// Takes one waiting connection, non-blocking and without Nagle's delay; nil when none waits.
    ///
    /// - Throws: `EMFILE` and its like, and `EPERM` of a security module, which leaves the connection where it is; a
    ///   connection that died while it waited is skipped.
    package func accept() throws(SystemCallError) -> FileDescriptor? {
        while true {
            let flags = CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
            let raw = accept4(descriptor.rawValue, nil, nil, flags)
            if raw >= 0 {
                var on: CInt = 1
                unsafe setsockopt(raw, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
                return FileDescriptor(owning: raw)
            }
            let code = errno
            switch code {
            case EAGAIN, EWOULDBLOCK: return nil
            case EINTR, ECONNABORTED, EPROTO: continue
            default: throw SystemCallError("accept", code: code)
            }
        }
    }

    private static func makeSocket(_ family: CInt) throws(SystemCallError) -> FileDescriptor {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let raw = socket(family, type, 0)
        guard raw >= 0 else { throw SystemCallError("socket", code: errno) }
        return FileDescriptor(owning: raw)
    }

    private static func set(_ descriptor: borrowing FileDescriptor, _ option: CInt) throws(SystemCallError) {
        var on: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        guard unsafe setsockopt(descriptor.rawValue, SOL_SOCKET, option, &on, size) == 0 else {
            throw SystemCallError("setsockopt", code: errno)
        }
    }

    private static func bindAndListen(
        _ descriptor: borrowing FileDescriptor, to address: SocketAddress, backlog: Int
    ) throws(SystemCallError) {
        try bind(descriptor, to: address)
        guard listen(descriptor.rawValue, CInt(clamping: backlog)) == 0 else {
            throw SystemCallError("listen", code: errno)
        }
    }

    private static func bind(
        _ descriptor: borrowing FileDescriptor, to address: SocketAddress
    ) throws(SystemCallError) {
        let raw = descriptor.rawValue
        guard unsafe address.withSockaddr({ unsafe Glibc.bind(raw, $0, $1) }) == 0 else {
            throw SystemCallError("bind", code: errno)
        }
    }

    private static func isServed(_ address: SocketAddress) -> Bool {
        guard let probe = try? makeSocket(AF_UNIX) else { return false }
        let raw = probe.rawValue
        return unsafe address.withSockaddr { unsafe connect(raw, $0, $1) } == 0
    }
}
