// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayBase

/// One question to a socket and its answer, for commands that run without a loop; waits, but never beyond its limit.
package enum BlockingProbe {
    /// Connects, sends `bytes`, and reads until `isComplete`, the end, `limit` bytes, or the end of the time.
    ///
    /// - Returns: what was received; less than everything if time ran out after the first byte.
    /// - Throws: what `connect`, `send` or `recv` said; `ETIMEDOUT` if nothing came in time.
    package static func exchange(
        _ address: SocketAddress, sending bytes: [UInt8], limit: Int, timeout: Duration,
        isComplete: ([UInt8]) -> Bool
    ) throws(SystemCallError) -> [UInt8] {
        let deadline = MonotonicClock.now + timeout
        let descriptor = try connected(to: address, by: deadline)
        var rest = bytes[...]
        while !rest.isEmpty {
            switch SystemCalls.send(descriptor, rest.span) {
            case .bytes(let count): rest = rest.dropFirst(count)
            case .wouldBlock: try wait(descriptor, POLLOUT, until: deadline, "send")
            case .ended: throw SystemCallError("send", code: EPIPE)
            case .failed(let error): throw error
            }
        }
        return try received(from: descriptor, limit: limit, by: deadline, isComplete)
    }

    private static func connected(
        to address: SocketAddress, by deadline: Instant
    ) throws(SystemCallError) -> FileDescriptor {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let raw = socket(address.family, type, 0)
        guard raw >= 0 else { throw SystemCallError("socket", code: errno) }
        let descriptor = FileDescriptor(owning: raw)
        if unsafe address.withSockaddr({ unsafe connect(raw, $0, $1) }) == 0 { return descriptor }
        guard errno == EINPROGRESS || errno == EINTR else { throw SystemCallError("connect", code: errno) }
        try wait(descriptor, POLLOUT, until: deadline, "connect")
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        guard unsafe getsockopt(raw, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
            throw SystemCallError("getsockopt", code: errno)
        }
        guard code == 0 else { throw SystemCallError("connect", code: code) }
        return descriptor
    }

    private static func received(
        from descriptor: borrowing FileDescriptor, limit: Int, by deadline: Instant, _ isComplete: ([UInt8]) -> Bool
    ) throws(SystemCallError) -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while answer.count < limit, !isComplete(answer) {
            switch SystemCalls.receive(descriptor, into: &buffer) {
            case .bytes(let count): answer += buffer[..<count]
            case .ended: return answer
            case .failed(let error):
                if answer.isEmpty { throw error }
                return answer
            case .wouldBlock:
                do throws(SystemCallError) {
                    try wait(descriptor, POLLIN, until: deadline, "recv")
                } catch {
                    if answer.isEmpty { throw error }
                    return answer
                }
            }
        }
        return answer
    }

    /// - Throws: `ETIMEDOUT` at the deadline.
    private static func wait(
        _ descriptor: borrowing FileDescriptor, _ events: CInt, until deadline: Instant, _ operation: String
    ) throws(SystemCallError) {
        while true {
            let remaining = (deadline - MonotonicClock.now).milliseconds
            guard remaining > 0 else { throw SystemCallError(operation, code: ETIMEDOUT) }
            var entry = pollfd(fd: descriptor.rawValue, events: Int16(truncatingIfNeeded: events), revents: 0)
            let count = unsafe poll(&entry, 1, CInt(clamping: remaining))
            if count > 0 { return }
            if count < 0, errno != EINTR { throw SystemCallError("poll", code: errno) }
        }
    }
}
