// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// What a non-blocking read or write came to.
package enum TransferOutcome: Equatable {
    case bytes(Int)
    /// The kernel has nothing, or no room: wait for readiness.
    case wouldBlock
    /// End of file on a read.
    case ended
    case failed(SystemCallError)
}

/// Thin wrappers: EINTR is repeated, `errno` is read at once, nothing else is decided here.
package enum SystemCalls {
    /// Reads into `buffer` from its start, at most its count.
    package static func receive(_ descriptor: borrowing FileDescriptor, into buffer: inout [UInt8]) -> TransferOutcome {
        let raw = descriptor.rawValue
        return unsafe buffer.withUnsafeMutableBytes { bytes in
            while true {
                let count = unsafe recv(raw, bytes.baseAddress, bytes.count, 0)
                if count > 0 { return .bytes(count) }
                if count == 0 { return .ended }
                let code = errno
                if code == EINTR { continue }
                if code == EAGAIN || code == EWOULDBLOCK { return .wouldBlock }
                return .failed(SystemCallError("recv", code: code))
            }
        }
    }

    /// Writes what the socket takes of `bytes`, without ever raising SIGPIPE.
    package static func send(_ descriptor: borrowing FileDescriptor, _ bytes: Span<UInt8>) -> TransferOutcome {
        let raw = descriptor.rawValue
        return unsafe bytes.withUnsafeBytes { buffer in
            while true {
                let count = unsafe Glibc.send(raw, buffer.baseAddress, buffer.count, CInt(MSG_NOSIGNAL))
                if count >= 0 { return .bytes(count) }
                if let outcome = outcomeOfFailedWrite() { return outcome }
            }
        }
    }

    /// Writes up to three pieces in one call: what frames a body piece, the piece itself, and what closes the frame.
    package static func send(
        _ descriptor: borrowing FileDescriptor, _ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>
    ) -> TransferOutcome {
        let raw = descriptor.rawValue
        return unsafe first.withUnsafeBytes { a in
            unsafe second.withUnsafeBytes { b in
                unsafe third.withUnsafeBytes { c in
                    var parts = unsafe (
                        iovec(iov_base: UnsafeMutableRawPointer(mutating: a.baseAddress), iov_len: a.count),
                        iovec(iov_base: UnsafeMutableRawPointer(mutating: b.baseAddress), iov_len: b.count),
                        iovec(iov_base: UnsafeMutableRawPointer(mutating: c.baseAddress), iov_len: c.count)
                    )
                    return unsafe withUnsafeMutableBytes(of: &parts) { vector in
                        var message = unsafe msghdr()
                        unsafe message.msg_iov = vector.baseAddress?.assumingMemoryBound(to: iovec.self)
                        unsafe message.msg_iovlen = 3
                        while true {
                            let count = unsafe sendmsg(raw, &message, CInt(MSG_NOSIGNAL))
                            if count >= 0 { return .bytes(count) }
                            if let outcome = outcomeOfFailedWrite() { return outcome }
                        }
                    }
                }
            }
        }
    }

    /// Writes all of `bytes` to a blocking descriptor such as standard output.
    ///
    /// Gives up silently: there is no one to tell.
    package static func writeAll(_ descriptor: CInt, _ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
                let count = unsafe write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    offset += count
                } else if errno == EAGAIN {
                    // A log pipe that was made non-blocking by its reader: wait for room rather than lose the line.
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    unsafe poll(&wait, 1, 1_000)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }

    /// Connects, waiting for the answer, and makes the socket non-blocking: for tools, never on a serving loop.
    package static func connectBlocking(_ address: SocketAddress) throws(SystemCallError) -> FileDescriptor {
        let raw = socket(address.family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw SystemCallError("socket", code: errno) }
        let descriptor = FileDescriptor(owning: raw)
        guard unsafe address.withSockaddr({ unsafe connect(raw, $0, $1) }) == 0 else {
            throw SystemCallError("connect", code: errno)
        }
        _ = fcntl(raw, F_SETFL, O_NONBLOCK)
        return descriptor
    }

    /// A new socket that no child process inherits; its owner is whoever asked.
    ///
    /// - Throws: `SystemCallError`, for which `isOutOfDescriptors` tells the one cause that passes by itself.
    package static func openSocket(family: CInt, type: CInt, protocol: CInt) throws(SystemCallError) -> CInt {
        let raw = socket(family, type | CInt(SOCK_CLOEXEC.rawValue), `protocol`)
        guard raw >= 0 else { throw SystemCallError("socket", code: errno) }
        guard raw < ProcessLimits.descriptorCeiling else {
            Glibc.close(raw)
            throw SystemCallError("socket", code: EMFILE)
        }
        return raw
    }

    /// Sends FIN after what the kernel still holds.
    package static func shutdownWriting(_ descriptor: borrowing FileDescriptor) {
        shutdown(descriptor.rawValue, CInt(SHUT_WR))
    }

    /// Closes a descriptor that another library owns.
    package static func close(_ descriptor: CInt) -> CInt { Glibc.close(descriptor) }

    /// Ends both directions at once, whoever else may still hold the descriptor.
    package static func shutdownBoth(_ descriptor: borrowing FileDescriptor) { shutdownBoth(descriptor.rawValue) }

    /// The same for a descriptor that another library owns.
    package static func shutdownBoth(_ descriptor: CInt) { shutdown(descriptor, CInt(SHUT_RDWR)) }

    /// Whether a read would not wait: there are bytes, an end or an error.
    package static func hasInput(_ descriptor: CInt) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&ready, 1, 0) > 0
    }

    /// Bytes written to a socket that the other side has not taken yet.
    package static func untakenBytes(_ descriptor: borrowing FileDescriptor) -> Int {
        var count: CInt = 0
        guard unsafe ioctl(descriptor.rawValue, UInt(TIOCOUTQ), &count) == 0 else { return 0 }
        return Int(count)
    }

    /// `errno` of a write as an outcome; nil for EINTR.
    private static func outcomeOfFailedWrite() -> TransferOutcome? {
        let code = errno
        if code == EINTR { return nil }
        if code == EAGAIN || code == EWOULDBLOCK { return .wouldBlock }
        return .failed(SystemCallError("send", code: code))
    }
}
