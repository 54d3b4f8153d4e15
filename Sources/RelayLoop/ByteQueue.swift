// SPDX-License-Identifier: Apache-2.0

/// Bytes on their way out of one socket: appended at the end, taken at the front by as much as the socket takes.
///
/// Holds no memory while it is empty, so that an idle stream costs none. **Isolation**: one loop thread.
@safe
package struct ByteQueue: ~Copyable {
    private var storage = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var head = 0
    private var tail = 0

    package init() {}

    deinit { unsafe storage.deallocate() }

    package var count: Int { tail - head }
    package var isEmpty: Bool { tail == head }

    package mutating func append(_ bytes: Span<UInt8>) {
        if bytes.isEmpty { return }
        makeRoom(bytes.count)
        unsafe bytes.withUnsafeBytes { source in
            unsafe UnsafeMutableRawBufferPointer(rebasing: storage[tail...]).copyMemory(from: source)
        }
        tail += bytes.count
    }

    package mutating func append(_ bytes: [UInt8]) { append(bytes.span) }

    /// Writes what waits, and behind it `piece` and `suffix` without copying them first, in one call.
    ///
    /// What the socket does not take is kept, in order. The outcome counts the bytes taken of all three.
    package mutating func send(
        to descriptor: borrowing FileDescriptor, _ piece: Span<UInt8>, _ suffix: Span<UInt8>
    ) -> TransferOutcome {
        let waiting = count
        let outcome = withFront { front in SystemCalls.send(descriptor, front, piece, suffix) }
        var taken = 0
        switch outcome {
        case .bytes(let count): taken = count
        case .wouldBlock: break
        case .ended, .failed: return outcome
        }
        consume(min(taken, waiting))
        taken -= min(taken, waiting)
        append(piece.extracting(min(taken, piece.count)..<piece.count))
        taken -= min(taken, piece.count)
        append(suffix.extracting(min(taken, suffix.count)..<suffix.count))
        return outcome
    }

    /// Writes what waits.
    package mutating func send(to descriptor: borrowing FileDescriptor) -> TransferOutcome {
        if isEmpty { return .bytes(0) }
        let outcome = withFront { front in SystemCalls.send(descriptor, front) }
        if case .bytes(let count) = outcome { consume(count) }
        return outcome
    }

    private func withFront(_ body: (Span<UInt8>) -> TransferOutcome) -> TransferOutcome {
        unsafe body(UnsafeRawBufferPointer(rebasing: storage[head..<tail]).bindMemory(to: UInt8.self).span)
    }

    private mutating func consume(_ count: Int) {
        head += count
        guard head == tail else { return }
        (head, tail) = (0, 0)
        // A small buffer is kept for the next piece; a large one was a slow reader's.
        if unsafe storage.count > 16_384 { release() }
    }

    /// Gives the memory back if nothing waits.
    package mutating func trim() { if isEmpty { release() } }

    private mutating func release() {
        unsafe storage.deallocate()
        unsafe storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        (head, tail) = (0, 0)
    }

    private mutating func makeRoom(_ more: Int) {
        if unsafe tail + more <= storage.count { return }
        let used = count
        if unsafe used + more <= storage.count, head >= used {
            // Half of the space lies before the front: move down, no overlap.
            unsafe storage.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[head..<tail]))
        } else {
            let grown = unsafe UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(used + more, storage.count * 2, 1_024), alignment: 16)
            unsafe grown.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[head..<tail]))
            unsafe storage.deallocate()
            unsafe storage = grown
        }
        (head, tail) = (0, used)
    }
}
