// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import RelayBase

private enum PostVerdict { case closed, queued, wake }

/// The only door into a loop from another thread: messages in order, one wake-up a batch.
///
/// The box owns its eventfd, so a late post can never hit a descriptor number that was given to something else.
package final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var isClosed = false
    }

    private let state = Lock(State())
    private let wakeup: CInt

    package init() throws(SystemCallError) {
        let raw = eventfd(0, CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC))
        guard raw >= 0 else { throw SystemCallError("eventfd", code: errno) }
        wakeup = raw
    }

    deinit { close(wakeup) }

    /// Adds a message and wakes the loop if it was idle.
    ///
    /// Any thread.
    ///
    /// - Returns: false if the loop is gone; the sender then undoes its work.
    @discardableResult
    package func post(_ message: Message) -> Bool {
        let verdict: PostVerdict = state.withLock { state in
            if state.isClosed { return .closed }
            state.messages.append(message)
            return state.messages.count == 1 ? .wake : .queued
        }
        if verdict == .wake { eventfd_write(wakeup, 1) }
        return verdict != .closed
    }

    /// Refuses every later post.
    ///
    /// Loop thread.
    package func closeBox() { state.withLock { $0.isClosed = true } }

    var rawDescriptor: CInt { wakeup }

    /// Blocks until there is mail, or for so long, and throws it away: for a thread that only needs waking.
    ///
    /// - Returns: false once the box is closed.
    @discardableResult
    package func waitForMail(milliseconds: CInt = -1) -> Bool {
        var ready = pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&ready, 1, milliseconds) < 0 {}
        var count: eventfd_t = 0
        unsafe eventfd_read(wakeup, &count)
        _ = takeAll()
        return state.withLock { !$0.isClosed }
    }

    /// Takes everything that waits.
    ///
    /// Loop thread.
    func takeAll() -> [Message] {
        state.withLock { state in
            var taken: [Message] = []
            swap(&taken, &state.messages)
            return taken
        }
    }
}
