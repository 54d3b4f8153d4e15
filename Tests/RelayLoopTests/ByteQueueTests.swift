// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayLoop
import Testing

@Suite("Byte queue")
struct ByteQueueTests {
    /// Two connected stream sockets with small buffers, so that a send is often partial.
    private struct Pair: ~Copyable {
        let near: FileDescriptor
        let far: FileDescriptor

        init(buffer: CInt = 2_048) throws {
            var ends: [CInt] = [-1, -1]
            let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
            try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
            near = FileDescriptor(owning: ends[0])
            far = FileDescriptor(owning: ends[1])
            var size = buffer
            setsockopt(near.rawValue, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }

        func take(_ limit: Int) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: limit) { room, count in
                count = max(0, recv(far.rawValue, room.baseAddress, limit, 0))
            }
        }
    }

    /// A queue before a socket, and what has gone in and come out.
    private final class Line {
        let pair: Pair
        let queue: ByteQueue
        var (written, taken): ([UInt8], [UInt8]) = ([], [])
        /// Bytes that the socket has accepted.
        var sent = 0

        init(_ spare: SpareBlock) throws {
            pair = try Pair()
            queue = ByteQueue(spare)
        }
    }

    @Test("what comes out is what went in, however two queues mix appends and partial sends", arguments: 0..<40)
    func model(seed: Int) throws {
        var random = Numbers(state: UInt64(seed))
        let spare = SpareBlock()
        let lines = try [Line(spare), Line(spare)]
        var next: UInt8 = 0
        func bytes(_ limit: Int) -> [UInt8] {
            (0..<Int.random(in: 0...limit, using: &random)).map { _ in
                next = next &* 31 &+ 7
                return next
            }
        }
        for _ in 0..<400 {
            let line = lines[Int.random(in: 0...1, using: &random)]
            switch Int.random(in: 0...5, using: &random) {
            case 0:
                let piece = bytes(300)
                line.queue.append(piece)
                line.written += piece
            case 1:
                let piece = bytes(6_000)
                line.queue.append(piece.span)
                line.written += piece
            case 2: line.sent += expectBytes(line.queue.send(to: line.pair.near))
            case 3:
                let (piece, suffix) = (bytes(9_000), bytes(3))
                line.sent += expectBytes(line.queue.send(to: line.pair.near, piece.span, suffix.span))
                line.written += piece + suffix
            case 4: line.taken += line.pair.take(Int.random(in: 1...12_000, using: &random))
            default:
                let parts = (bytes(18), bytes(2_000), bytes(2))
                line.queue.append(parts.0.span, parts.1.span, parts.2.span)
                line.written += parts.0 + parts.1 + parts.2
            }
            #expect(line.queue.count == line.written.count - line.sent)
        }
        for line in lines {
            while !line.queue.isEmpty {
                _ = expectBytes(line.queue.send(to: line.pair.near))
                line.taken += line.pair.take(65_536)
            }
            while case let more = line.pair.take(65_536), !more.isEmpty { line.taken += more }
            #expect(line.taken == line.written)
        }
    }

    private func expectBytes(_ outcome: TransferOutcome) -> Int {
        switch outcome {
        case .bytes(let count): return count
        case .wouldBlock: return 0
        case .ended, .failed:
            Issue.record("\(outcome)")
            return 0
        }
    }

    @Test("the count is what waits")
    func count() throws {
        let pair = try Pair()
        let queue = ByteQueue(SpareBlock())
        let nothing = queue.send(to: pair.near)
        #expect(nothing == .bytes(0))
        queue.append([1, 2, 3])
        queue.append([])
        let waiting = queue.count
        #expect(waiting == 3)
        let (more, suffix): ([UInt8], [UInt8]) = ([4], [5, 6])
        let all = queue.send(to: pair.near, more.span, suffix.span)
        #expect(all == .bytes(6))
        let rest = queue.count
        #expect(rest == 0)
        let received = pair.take(10)
        #expect(received == [1, 2, 3, 4, 5, 6])
    }

    @Test("a full socket leaves everything where it is, a closed one is a failure")
    func fullAndClosed() throws {
        let queue = ByteQueue(SpareBlock())
        do {
            let pair = try Pair()
            let (piece, nothing): ([UInt8], [UInt8]) = ([UInt8](repeating: 9, count: 100_000), [])
            let outcome = queue.send(to: pair.near, piece.span, nothing.span)
            guard case .bytes(1..<100_000) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            while case .bytes = queue.send(to: pair.near) {}
            let waiting = queue.count
            let (more, suffix): ([UInt8], [UInt8]) = ([1], [2])
            let first = queue.send(to: pair.near)
            let second = queue.send(to: pair.near, more.span, suffix.span)
            #expect((first, second) == (.wouldBlock, .wouldBlock))
            let after = queue.count
            #expect(after == waiting + 2)
        }
        let pair = try Pair()
        shutdown(pair.near.rawValue, CInt(SHUT_WR))
        let outcome = queue.send(to: pair.near)
        #expect(outcome == .failed(SystemCallError("send", code: EPIPE)))
    }

    private struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state ^ (state >> 29)) &* 0xBF58_476D_1CE4_E5B9
        }
    }
}
