// SPDX-License-Identifier: Apache-2.0
import RelayBase
package import RelayCore
package import RelayLoop
import Synchronization

/// Log lines on standard output, without ever making a loop wait for who reads them.
///
/// Lines gather behind a lock, and a thread of its own writes them out every 10 ms while there are any. Should the reader
/// stall, the newest lines beyond 4 MiB are dropped and counted. **Isolation**: any thread.
package final class StandardOutput: LogSink {
    private struct State: Sendable {
        var pending: [UInt8] = []
        var dropped: UInt64 = 0
        var isWriting = false
    }

    private struct Output: Sendable {
        let descriptor: CInt
        /// What is being written; changes places with what gathers, so that neither grows anew each time.
        var lines: [UInt8] = []
    }

    private static let limit = 4 << 20
    /// Milliseconds in which lines gather: each time, the thread takes a core from somebody, perhaps from a loop.
    private static let interval: CInt = 10
    /// So many bytes are not left to gather, and a buffer that has grown beyond is let go.
    private static let much = 256 << 10
    private let state = Lock(State())
    /// Held while lines are written, so that two threads neither mix theirs nor does one end the process over the other.
    private let output: Lock<Output>
    private let wakeup: Mailbox<Void>
    private let format: LogConfiguration.Format

    /// - Parameter format: of the one line that it adds itself.
    /// - Throws: `EMFILE` or `EAGAIN` when the process may have no more descriptors or threads.
    package init(descriptor: CInt = 1, format: LogConfiguration.Format) throws(SystemCallError) {
        output = Lock(Output(descriptor: descriptor))
        self.format = format
        wakeup = try Mailbox()
        let wakeup = wakeup
        _ = try LoopThread(name: "log") { [weak self] in
            while wakeup.waitForMail() {
                guard let self else { return }
                repeat { wakeup.waitForMail(milliseconds: Self.interval) } while self.writeGathered()
            }
        }
    }

    package func write(line: [UInt8]) {
        let wakes: Bool = state.withLock { state in
            // A line that is longer by itself, of two large bodies, still goes out.
            guard state.pending.isEmpty || state.pending.count + line.count <= Self.limit else {
                state.dropped += 1
                return false
            }
            let isMuchNow = state.pending.count < Self.much && state.pending.count + line.count >= Self.much
            state.pending.append(contentsOf: line)
            defer { state.isWriting = true }
            return !state.isWriting || isMuchNow
        }
        if wakes { wakeup.post(()) }
    }

    /// Writes out what waits, on the calling thread.
    package func flush() {
        while writeGathered() {}
    }

    /// Writes out what has gathered; false if nothing had, and the next line wakes the thread again.
    private func writeGathered() -> Bool {
        output.withLock { output in
            output.lines.removeAll(keepingCapacity: output.lines.capacity <= Self.much)
            let dropped = state.withLock { state in
                swap(&output.lines, &state.pending)
                defer { state.dropped = 0 }
                if output.lines.isEmpty, state.dropped == 0 { state.isWriting = false }
                return state.dropped
            }
            if output.lines.isEmpty, dropped == 0 { return false }
            SystemCalls.writeAll(output.descriptor, output.lines.span)
            if dropped > 0 {
                let notice = LogRecord(.warn, "log lines dropped", ["count": .uint(dropped)])
                let line = notice.render(format, unixNanoseconds: MonotonicClock.wallNanoseconds)
                SystemCalls.writeAll(output.descriptor, line.span)
            }
            return true
        }
    }
}
