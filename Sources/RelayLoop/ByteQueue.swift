// SPDX-License-Identifier: Apache-2.0

/// Bytes on their way out of one socket: appended at the end, taken at the front by as much as the socket takes.
///
/// Holds no memory while it is empty. An object of its own, since the runtime checks every access to a value inside
/// another object for overlap with others, four times a piece. **Isolation**: one loop thread.
@safe
package final class ByteQueue {
    private var storage = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var head = 0
    private var tail = 0
    private let spare: SpareBlock

    package init(_ spare: SpareBlock) { self.spare = spare }

    deinit { release() }

    package var count: Int { tail - head }
    package var isEmpty: Bool { tail == head }

    package func append(_ bytes: Span<UInt8>) {
        makeRoom(bytes.count)
        put(bytes)
    }

    /// Three pieces in a row: what frames a body piece, the piece itself, and what closes the frame.
    package func append(_ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>) {
        makeRoom(first.count + second.count + third.count)
        put(first)
        put(second)
        put(third)
    }

    package func append(_ bytes: [UInt8]) { append(bytes.span) }

    /// There is room.
    private func put(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { source in
            unsafe UnsafeMutableRawBufferPointer(rebasing: storage[tail...]).copyMemory(from: source)
        }
        tail += bytes.count
    }

    /// Writes what waits, and behind it `piece` and `suffix` without copying them first, in one call.
    ///
    /// What the socket does not take is kept, in order. The outcome counts the bytes taken of all three.
    package func send(
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
        let left = piece.extracting(min(taken, piece.count)..<piece.count)
        taken -= min(taken, piece.count)
        let leftSuffix = suffix.extracting(min(taken, suffix.count)..<suffix.count)
        if !left.isEmpty || !leftSuffix.isEmpty { append(left, leftSuffix, Span()) }
        return outcome
    }

    /// Writes what waits.
    package func send(to descriptor: borrowing FileDescriptor) -> TransferOutcome {
        if isEmpty { return .bytes(0) }
        let outcome = withFront { front in SystemCalls.send(descriptor, front) }
        if case .bytes(let count) = outcome { consume(count) }
        return outcome
    }

    private func withFront(_ body: (Span<UInt8>) -> TransferOutcome) -> TransferOutcome {
        unsafe body(UnsafeRawBufferPointer(rebasing: storage[head..<tail]).bindMemory(to: UInt8.self).span)
    }

    private func consume(_ count: Int) {
        head += count
        guard head == tail else { return }
        (head, tail) = (0, 0)
        release()
    }

    private func release() {
        if unsafe storage.baseAddress == nil { return }
        unsafe spare.give(storage)
        unsafe storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    private func makeRoom(_ more: Int) {
        if unsafe tail + more <= storage.count { return }
        let used = count
        if unsafe storage.baseAddress == nil, more <= SpareBlock.size {
            unsafe storage = spare.take()
            return
        }
        if unsafe used + more <= storage.count, head >= used {
            // Half of the space lies before the front: move down, no overlap.
            unsafe storage.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[head..<tail]))
        } else {
            let grown = unsafe UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(used + more, storage.count * 2), alignment: 16)
            unsafe grown.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[head..<tail]))
            release()
            unsafe storage = grown
        }
        (head, tail) = (0, used)
    }
}
