// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import RelayBase
import RelayLoop
import Synchronization
import Testing

@Suite("Event loop")
struct EventLoopTests {
    private final class Recorder: ReadinessHandler, DeadlineHandler {
        var readiness: [Readiness] = []
        var deadlines = 0
        var onReady: (() -> Void)?
        var onDeadline: (() -> Void)?
        func descriptorReady(_ readiness: Readiness) {
            self.readiness.append(readiness)
            onReady?()
        }
        func deadlineReached() {
            deadlines += 1
            onDeadline?()
        }
    }

    /// A connected pair of non-blocking stream sockets.
    private func makePair() -> (CInt, CInt) {
        var pair: (CInt, CInt) = (0, 0)
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        _ = withUnsafeMutableBytes(of: &pair) {
            socketpair(AF_UNIX, type, 0, $0.baseAddress?.assumingMemoryBound(to: CInt.self))
        }
        return pair
    }

    @Test("an event of a closed descriptor never reaches the one that took its number")
    func generations() throws {
        let loop = try EventLoop()
        let (a, aPeer) = makePair()
        let (b, bPeer) = makePair()
        let first = Recorder(), second = Recorder(), third = Recorder()
        let one = try loop.register(a, .read, first)
        let two = try loop.register(b, .read, second)
        var reused: CInt = -1
        // Both are ready in the same turn; whichever runs first closes the other and opens a new socket in its place.
        func swap(_ other: CInt, _ registration: Registration) -> () -> Void {
            {
                guard reused < 0 else { return }
                loop.deregister(registration)
                close(other)
                let fresh = makePair()
                reused = fresh.0
                _ = try? loop.register(fresh.0, .read, third)
            }
        }
        first.onReady = swap(b, two)
        second.onReady = swap(a, one)
        write(aPeer, "x", 1)
        write(bPeer, "x", 1)
        loop.turn()
        #expect(first.readiness.count + second.readiness.count == 1)
        #expect(third.readiness.isEmpty)
    }

    @Test("deadlines fire once, after their instant, and cancelled ones never")
    func deadlines() throws {
        let loop = try EventLoop()
        let early = Recorder(), late = Recorder(), cancelled = Recorder()
        let start = MonotonicClock.now
        _ = loop.schedule(at: start + .milliseconds(5), early)
        _ = loop.schedule(at: start + .seconds(3_600), late)
        loop.cancel(loop.schedule(at: start + .milliseconds(1), cancelled))
        while early.deadlines == 0 { loop.turn() }
        #expect(MonotonicClock.now - start >= .milliseconds(5))
        #expect(early.deadlines == 1)
        #expect(late.deadlines == 0)
        #expect(cancelled.deadlines == 0)
    }

    @Test("what is due next is known after the earliest is cancelled, and when one that fires sets an earlier one")
    func earliestDeadline() throws {
        let loop = try EventLoop()
        let (cancelled, first, second, last) = (Recorder(), Recorder(), Recorder(), Recorder())
        _ = loop.schedule(at: loop.now + .seconds(3_600), last)
        let id = loop.schedule(at: loop.now, cancelled)
        _ = loop.schedule(at: loop.now + .milliseconds(1), first)
        loop.cancel(id)
        first.onDeadline = { _ = loop.schedule(at: loop.now + .milliseconds(1), second) }
        // A turn that waited for the hour would not come back.
        while second.deadlines == 0 { loop.turn() }
        #expect((cancelled.deadlines, first.deadlines, last.deadlines) == (0, 1, 0))
    }

    @Test("mail arrives in order of posting, from several threads, none lost")
    func mailbox() throws {
        let loop = try EventLoop()
        let box = try Mailbox<(sender: Int, number: Int)>()
        var seen = [[Int](), [Int](), [Int]()]
        try loop.attach(box) { seen[$0.sender].append($0.number) }
        let threads = try (0..<3).map { sender in
            try LoopThread(name: "sender") { for number in 0..<10_000 { box.post((sender, number)) } }
        }
        while seen.map(\.count).reduce(0, +) < 30_000 { loop.turn() }
        for thread in threads { thread.join() }
        for numbers in seen { #expect(numbers == Array(0..<10_000)) }
    }

    @Test("a closed mailbox says so to the sender")
    func closedMailbox() throws {
        let box = try Mailbox<Int>()
        #expect(box.post(1))
        box.closeBox()
        #expect(!box.post(2))
    }
}
