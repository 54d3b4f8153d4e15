// SPDX-License-Identifier: Apache-2.0
import Glibc
package import RelayBase

/// Gets told when a registered descriptor can do something.
///
/// Called on the loop thread.
package protocol ReadinessHandler: AnyObject {
    func descriptorReady(_ readiness: Readiness)
}

/// Gets told when a scheduled instant has come.
///
/// Called on the loop thread, never before the instant.
package protocol DeadlineHandler: AnyObject {
    func deadlineReached()
}

/// Names one registration, not one descriptor: the kernel reuses numbers at once, and a queued event of a closed
/// socket must not reach its successor.
///
/// The generation travels in the upper half of `epoll_data.u64`.
package struct Registration: Hashable, Sendable {
    fileprivate let slot: UInt32
    fileprivate let generation: UInt32
    fileprivate let descriptor: CInt
    fileprivate var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

/// One thread's loop: wait, serve ready descriptors, deliver mail, fire deadlines, repeat.
///
/// **Isolation**: made, run and used on one thread; it is not Sendable and lives inside the thread's body. Mailboxes are
/// the only way in from elsewhere.
package final class EventLoop {
    private struct Slot {
        var generation: UInt32
        var handler: (any ReadinessHandler)?
    }

    private let epoll: Epoll
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private var deadlines = DeadlineQueue<any DeadlineHandler>()
    /// Of the deadlines; read twice a turn.
    private var earliest = Instant.distantFuture
    private var isStopped = false

    /// The instant at which this turn began to work; good enough for every timeout, and costs no system call.
    package private(set) var now: Instant

    /// Turns taken since the start; the health of the loop, seen from outside.
    package private(set) var turns: UInt64 = 0

    package init() throws(SystemCallError) {
        epoll = try Epoll()
        now = MonotonicClock.now
    }

    // MARK: Descriptors

    /// Starts watching `descriptor`, which the caller keeps open until it deregisters.
    ///
    /// - Throws: `ENOSPC` at the per-user watch limit, `EPERM` for a plain file.
    package func register(
        _ descriptor: CInt, _ interest: Interest, _ handler: any ReadinessHandler
    ) throws(SystemCallError) -> Registration {
        let slot: UInt32
        if let reused = freeSlots.popLast() {
            slot = reused
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot(generation: 0, handler: nil))
        }
        let index = Int(slot)
        slots[index].generation &+= 1
        let registration = Registration(slot: slot, generation: slots[index].generation, descriptor: descriptor)
        do {
            try epoll.add(descriptor, interest, token: registration.token)
        } catch {
            freeSlots.append(slot)
            throw error
        }
        slots[index].handler = handler
        return registration
    }

    package func modify(_ registration: Registration, _ interest: Interest) throws(SystemCallError) {
        guard isCurrent(registration) else { return }
        try epoll.modify(registration.descriptor, interest, token: registration.token)
    }

    /// Stops watching; events of this turn that are still queued for it are dropped.
    package func deregister(_ registration: Registration) {
        guard isCurrent(registration) else { return }
        epoll.remove(registration.descriptor)
        slots[Int(registration.slot)].handler = nil
        slots[Int(registration.slot)].generation &+= 1
        freeSlots.append(registration.slot)
    }

    private func isCurrent(_ registration: Registration) -> Bool {
        let index = Int(registration.slot)
        return index < slots.count && slots[index].generation == registration.generation
    }

    // MARK: Deadlines

    package func schedule(at instant: Instant, _ handler: any DeadlineHandler) -> DeadlineID {
        earliest = min(earliest, instant)
        return deadlines.schedule(at: instant, handler)
    }

    package func cancel(_ id: DeadlineID) {
        deadlines.cancel(id)
        earliest = deadlines.next ?? .distantFuture
    }

    // MARK: Mail

    /// Delivers `mailbox` on this loop, in order of posting.
    ///
    /// Kept for the life of the loop.
    package func attach<Message>(
        _ mailbox: Mailbox<Message>, _ receive: @escaping (Message) -> Void
    ) throws(SystemCallError) {
        let reader = MailReader(mailbox, receive)
        // Edge-triggered: every post is a change of its own, so the counter need never be read back.
        _ = try register(mailbox.rawDescriptor, [.read, .edge], reader)
    }

    // MARK: Running

    /// Turns until `stop()`.
    package func run() {
        while !isStopped { turn() }
    }

    /// Ends `run()` after the current turn.
    ///
    /// Loop thread.
    package func stop() { isStopped = true }

    /// One turn; waits at most until the next deadline.
    package func turn() {
        let count = epoll.wait(milliseconds: timeout())
        now = MonotonicClock.now
        turns &+= 1
        for index in 0..<count {
            let (token, readiness) = epoll.event(index)
            let slot = Int(UInt32(truncatingIfNeeded: token))
            // An earlier handler of this turn may have closed this one: its generation tells.
            guard slots[slot].generation == UInt32(truncatingIfNeeded: token >> 32) else { continue }
            slots[slot].handler?.descriptorReady(readiness)
        }
        while earliest <= now { serveDeadline() }
    }

    private func serveDeadline() {
        let handler = deadlines.popExpired(at: now)
        earliest = deadlines.next ?? .distantFuture
        handler?.deadlineReached()
    }

    private func timeout() -> CInt {
        if earliest == .distantFuture { return -1 }
        let wait = earliest.nanoseconds &- MonotonicClock.now.nanoseconds
        if wait <= 0 { return 0 }
        // Rounded up: waking a moment early would only mean another turn.
        return CInt(clamping: (wait &+ 999_999) / 1_000_000)
    }
}

/// Turns readiness of a mailbox into its messages.
private final class MailReader<Message: Sendable>: ReadinessHandler {
    private let mailbox: Mailbox<Message>
    private let receive: (Message) -> Void

    init(_ mailbox: Mailbox<Message>, _ receive: @escaping (Message) -> Void) {
        (self.mailbox, self.receive) = (mailbox, receive)
    }

    func descriptorReady(_ readiness: Readiness) {
        for message in mailbox.takeAll() { receive(message) }
    }
}
