// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// What a registration waits for.
package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let read = Interest(rawValue: EPOLLIN.rawValue)
    package static let write = Interest(rawValue: EPOLLOUT.rawValue)
    /// The peer has shut its sending side.
    package static let peerClosed = Interest(rawValue: EPOLLRDHUP.rawValue)
    /// Told once for each change, not for as long as it lasts.
    package static let edge = Interest(rawValue: EPOLLET.rawValue)
    /// One of several epoll instances that watch the same descriptor is woken, not all.
    package static let exclusive = Interest(rawValue: EPOLLEXCLUSIVE.rawValue)
}

/// What has become possible.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let read = Readiness(rawValue: EPOLLIN.rawValue)
    package static let write = Readiness(rawValue: EPOLLOUT.rawValue)
    package static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    package static let hangup = Readiness(rawValue: EPOLLHUP.rawValue)
    package static let error = Readiness(rawValue: EPOLLERR.rawValue)
    /// Whether the descriptor is of no more use; a set made of a literal would cost a type's metadata each time.
    package var isBroken: Bool { rawValue & (Self.error.rawValue | Self.hangup.rawValue) != 0 }
}

/// One level-triggered epoll instance.
///
/// **Isolation**: the thread that made it.
@safe struct Epoll: ~Copyable {
    private let descriptor: FileDescriptor
    private let events: UnsafeMutableBufferPointer<epoll_event>

    init(capacity: Int = 256) throws(SystemCallError) {
        let raw = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard raw >= 0 else { throw SystemCallError("epoll_create1", code: errno) }
        descriptor = FileDescriptor(owning: raw)
        unsafe events = .allocate(capacity: capacity)
        unsafe events.initialize(repeating: epoll_event())
    }

    deinit { unsafe events.deallocate() }

    /// - Throws: `ENOSPC` at the per-user watch limit, `EEXIST` if `target` is already watched.
    func add(_ target: CInt, _ interest: Interest, token: UInt64) throws(SystemCallError) {
        try control(EPOLL_CTL_ADD, target, interest, token)
    }

    func modify(_ target: CInt, _ interest: Interest, token: UInt64) throws(SystemCallError) {
        try control(EPOLL_CTL_MOD, target, interest, token)
    }

    /// Stops watching.
    ///
    /// A descriptor that is already gone is no error: closing it removed it.
    func remove(_ target: CInt) {
        var event = unsafe epoll_event()
        unsafe epoll_ctl(descriptor.rawValue, EPOLL_CTL_DEL, target, &event)
    }

    /// Waits up to `milliseconds` (-1: without limit) and returns how many events stand ready for `event(_:)`.
    func wait(milliseconds: CInt) -> Int {
        let count = unsafe epoll_wait(descriptor.rawValue, events.baseAddress, CInt(events.count), milliseconds)
        return max(0, Int(count))  // EINTR is an empty turn
    }

    func event(_ index: Int) -> (token: UInt64, readiness: Readiness) {
        let event = unsafe events[index]
        return unsafe (event.data.u64, Readiness(rawValue: event.events))
    }

    private func control(_ operation: CInt, _ target: CInt, _ interest: Interest, _ token: UInt64)
        throws(SystemCallError)
    {
        var event = unsafe epoll_event()
        unsafe event.events = interest.rawValue
        unsafe event.data.u64 = token
        guard unsafe epoll_ctl(descriptor.rawValue, operation, target, &event) == 0 else {
            throw SystemCallError("epoll_ctl", code: errno)
        }
    }
}
