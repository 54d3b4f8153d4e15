// SPDX-License-Identifier: Apache-2.0
import Glibc

/// One connected stream socket, read and written with deadlines; any thread may close it.
package final class StreamSocket: Sendable {
    private struct State: Sendable {
        var descriptor: Int32
        /// Calls inside the kernel with this descriptor; the last one out closes it.
        var users = 0
        var closing = false
    }

    /// POLLRDHUP, which the Glibc module hides.
    private static let peerClosed: Int16 = 0x2000

    private let state: Monitor<State>

    /// Takes over `descriptor` and makes it non-blocking.
    init(adopting descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        state = Monitor(State(descriptor: descriptor))
        setOption(IPPROTO_TCP, TCP_NODELAY, 1)
    }

    deinit { close() }

    /// Connects; `receiveBuffer` sets SO_RCVBUF first (a small one makes a slow reader felt at once).
    package static func connect(
        to endpoint: Endpoint, receiveBuffer: Int32? = nil, timeout: Duration = hangLimit
    ) throws -> StreamSocket {
        let descriptor = socket(endpoint.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SupportError.system(operation: "socket", code: errno) }
        let made = StreamSocket(adopting: descriptor)
        if let receiveBuffer { made.setOption(SOL_SOCKET, SO_RCVBUF, receiveBuffer) }
        let result = try unsafe endpoint.withSocketAddress { address, size in
            unsafe Glibc.connect(descriptor, address, size) == 0 ? 0 : errno
        }
        if result == EINPROGRESS || result == EAGAIN {
            guard try made.poll(Int16(POLLOUT), until: Deadline(timeout)) else {
                throw SupportError.timedOut("connection to \(endpoint)")
            }
            let failure = made.pendingError()
            if failure != 0 { throw SupportError.system(operation: "connect", code: failure) }
        } else if result != 0 {
            throw SupportError.system(operation: "connect", code: result)
        }
        return made
    }

    /// Next bytes, at most `limit`; empty means FIN.
    package func read(upTo limit: Int = 65_536, by deadline: Deadline) throws -> [UInt8] {
        while true {
            var outcome: Int32 = 0
            let bytes = try use { descriptor in
                unsafe [UInt8](unsafeUninitializedCapacity: limit) { room, count in
                    let got = unsafe recv(descriptor, room.baseAddress, limit, 0)
                    outcome = got < 0 ? errno : 0
                    count = max(0, got)
                }
            }
            switch outcome {
            case 0: return bytes
            case EINTR: continue
            case EAGAIN:
                guard try poll(Int16(POLLIN), until: deadline) else { throw SupportError.timedOut("bytes") }
            case ECONNRESET, EPIPE: throw SupportError.resetByPeer
            default: throw SupportError.system(operation: "recv", code: outcome)
            }
        }
    }

    /// Writes all bytes.
    package func write(_ bytes: [UInt8], by deadline: Deadline) throws {
        var sent = 0
        while sent < bytes.count {
            let result = try use { descriptor in
                unsafe bytes.withUnsafeBytes { room -> Int in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: room[sent...])
                    let count = unsafe send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                    return count < 0 ? -Int(errno) : count
                }
            }
            switch Int32(clamping: -result) {
            case EINTR: continue
            case EAGAIN:
                guard try poll(Int16(POLLOUT), until: deadline) else { throw SupportError.timedOut("room to write") }
            case ECONNRESET, EPIPE: throw SupportError.resetByPeer
            case 1...: throw SupportError.system(operation: "send", code: Int32(clamping: -result))
            default: sent += result
            }
        }
    }

    /// Waits for FIN or RST without consuming anything; bytes that arrive are left where they are.
    package func waitForHangUp(by deadline: Deadline) throws -> Bool {
        try poll(Self.peerClosed, until: deadline)
    }

    /// Sends FIN and goes on reading.
    package func halfClose() { try? use { _ = shutdown($0, Int32(SHUT_WR)) } }

    /// Closes with FIN (or with RST if unread bytes are waiting, as TCP has it).
    package func close() { finish(abortively: false) }

    /// Closes with RST.
    package func reset() { finish(abortively: true) }

    package func setOption(_ level: Int, _ name: Int32, _ value: Int32) { setOption(Int32(level), name, value) }

    package func setOption(_ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        try? use { _ = unsafe setsockopt($0, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) }
    }

    private func pendingError() -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        try? use { _ = unsafe getsockopt($0, SOL_SOCKET, SO_ERROR, &code, &size) }
        return code
    }

    /// True once one of `events` (or an error) is there; false at the deadline.
    private func poll(_ events: Int16, until deadline: Deadline) throws -> Bool {
        while true {
            // Writers are woken by no shutdown, so they look every 100 ms whether the socket was closed meanwhile.
            let slice =
                events == Int16(POLLOUT) ? min(100, deadline.remainingMilliseconds) : deadline.remainingMilliseconds
            let ready = try use { descriptor in
                var request = pollfd(fd: descriptor, events: events, revents: 0)
                return unsafe Glibc.poll(&request, 1, slice)
            }
            if ready > 0 {
                if state.value.closing { throw SupportError.closed }
                return true
            }
            if ready == 0, deadline.isOver { return false }
        }
    }

    func use<R>(_ body: (Int32) throws -> R) throws -> R {
        let descriptor = try state.withLock { state in
            if state.closing { throw SupportError.closed }
            state.users += 1
            return state.descriptor
        }
        defer {
            state.withLock { state in
                state.users -= 1
                if state.closing, state.users == 0 { _ = Glibc.close(state.descriptor) }
            }
        }
        return try body(descriptor)
    }

    private func finish(abortively: Bool) {
        state.withLock { state in
            if state.closing { return }
            state.closing = true
            if abortively {
                var off = linger(l_onoff: 1, l_linger: 0)
                _ = unsafe setsockopt(
                    state.descriptor, SOL_SOCKET, SO_LINGER, &off, socklen_t(MemoryLayout<linger>.size))
            }
            if state.users == 0 {
                _ = Glibc.close(state.descriptor)
            } else {
                // Wakes readers; sends nothing.
                _ = shutdown(state.descriptor, Int32(SHUT_RD))
            }
        }
    }
}
