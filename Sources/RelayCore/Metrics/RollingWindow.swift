// SPDX-License-Identifier: Apache-2.0

import RelayBase
import Synchronization

/// Requests, errors and first-byte times of the last 15 minutes, in slots of 5 seconds.
///
/// About 75 KB a loop, whatever the load: 182 slots of 88 log-linear buckets.
/// **Isolation**: one thread writes, any thread reads. A slot being reused is left out by a reader, never mixed up.
final class RollingWindow: Sendable {
    package static let slotNanoseconds: Int64 = 5_000_000_000
    /// Slots a reader sees: 15 minutes.
    static let visible = 180

    /// Two more than are visible: the current one, and one that may be under reuse while it is still being read.
    private let slots = (0..<visible + 2).map { _ in WindowSlot() }

    func record(isError: Bool, firstByteNanoseconds: Int64?, at now: Instant) {
        let number = max(now.nanoseconds, 0) / Self.slotNanoseconds
        let slot = slots[Int(number % Int64(slots.count))]
        slot.open(number)
        slot.record(isError: isError, firstByteNanoseconds: firstByteNanoseconds)
    }

    /// Adds what is in slot `number` to `point`.
    func read(_ number: Int64, into point: inout WindowPoint) {
        guard number >= 0 else { return }
        slots[Int(number % Int64(slots.count))].read(number, into: &point)
    }
}

/// One slot of a rolling window.
private final class WindowSlot: Sendable {
    /// The number of the interval it holds, -1 while it is being cleared.
    private let number = Atomic<Int64>(-1)
    private let requests = Atomic<UInt32>(0)
    private let errors = Atomic<UInt32>(0)
    private let firstByte: InlineArray<88, Atomic<UInt32>> = InlineArray { _ in Atomic(0) }

    func open(_ wanted: Int64) {
        guard number.load(ordering: .relaxed) != wanted else { return }
        number.store(-1, ordering: .relaxed)
        atomicMemoryFence(ordering: .releasing)
        requests.store(0, ordering: .relaxed)
        errors.store(0, ordering: .relaxed)
        for index in firstByte.indices { firstByte[index].store(0, ordering: .relaxed) }
        number.store(wanted, ordering: .releasing)
    }

    func record(isError: Bool, firstByteNanoseconds: Int64?) {
        Self.increment(requests)
        if isError { Self.increment(errors) }
        if let firstByteNanoseconds { Self.increment(firstByte[LogLinear.index(nanoseconds: firstByteNanoseconds)]) }
    }

    private static func increment(_ cell: borrowing Atomic<UInt32>) {
        cell.store(cell.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    func read(_ wanted: Int64, into point: inout WindowPoint) {
        guard number.load(ordering: .acquiring) == wanted else { return }
        var read = point
        read.requests += Int(requests.load(ordering: .relaxed))
        read.errors += Int(errors.load(ordering: .relaxed))
        for index in firstByte.indices { read.firstByte[index] += Int(firstByte[index].load(ordering: .relaxed)) }
        atomicMemoryFence(ordering: .acquiring)
        if number.load(ordering: .relaxed) == wanted { point = read }
    }
}

/// What happened in one interval of the window, all loops together.
package struct WindowPoint: Sendable {
    package var requests = 0
    package var errors = 0
    var firstByte = [Int](repeating: 0, count: 88)

    /// The first-byte time that this share (0 to 1) of the requests did not exceed, at most a quarter too high, in
    /// nanoseconds; nil if there was none.
    package func firstByte(quantile: Double) -> Int64? {
        let total = firstByte.reduce(0, +)
        guard total > 0 else { return nil }
        let rank = max(1, Int((Double(total) * quantile).rounded(.up)))
        var seen = 0
        for (index, count) in firstByte.enumerated() {
            seen += count
            if seen >= rank { return LogLinear.upperBound(index) }
        }
        return nil
    }
}

/// Four equal buckets for each doubling, from a quarter of a millisecond to about 20 minutes.
enum LogLinear {
    /// 2 to the 18 nanoseconds, 0.26 ms.
    private static let unitShift: Int64 = 18

    static func index(nanoseconds: Int64) -> Int {
        let value = max(nanoseconds, 0) >> unitShift
        guard value >= 4 else { return Int(value) }
        let octave = 63 - value.leadingZeroBitCount
        return min((octave - 1) * 4 + Int(value >> Int64(octave - 2) & 3), 87)
    }

    /// The least value of the next bucket, in nanoseconds.
    static func upperBound(_ index: Int) -> Int64 {
        let next = index + 1
        guard next >= 4 else { return Int64(next) << unitShift }
        return Int64(4 + next % 4) << (Int64(next / 4 - 1) + unitShift)
    }
}
