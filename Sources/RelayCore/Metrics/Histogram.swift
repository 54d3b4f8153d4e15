// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Upper bounds of a histogram's buckets, in nanoseconds, ascending; the last bucket (`+Inf`) is not named.
package struct HistogramBounds: Hashable, Sendable {
    package let nanoseconds: [UInt64]

    /// Whole exchanges and first bytes of language models: 1 ms to 600 s.
    package static let calls = HistogramBounds(
        microseconds: [
            1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
            10_000_000, 30_000_000, 60_000_000, 120_000_000, 300_000_000, 600_000_000,
        ])

    /// The relay's own time and gaps between pieces: 10 us to 60 s.
    package static let fine = HistogramBounds(
        microseconds: [
            10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
            1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
        ])

    /// Calls to the issuer: 5 ms to 30 s.
    package static let renewals = HistogramBounds(
        microseconds: [
            5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
            30_000_000,
        ])

    private init(microseconds: [UInt64]) { nanoseconds = microseconds.map { $0 * 1_000 } }

    /// The bucket a value falls into, its upper bound included, as `le` says.
    func index(of value: UInt64) -> Int {
        var (low, high) = (0, nanoseconds.count)
        while low < high {
            let middle = (low + high) / 2
            if nanoseconds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A histogram that one thread writes and any thread reads, without lock or allocation.
///
/// **Isolation**: as `Cell`.
final class Histogram: Sendable {
    let bounds: HistogramBounds
    /// Not cumulative.
    ///
    /// Room for the longest list of bounds and `+Inf`.
    private let buckets: InlineArray<24, Atomic<UInt64>>
    private let sum = Atomic<UInt64>(0)

    init(_ bounds: HistogramBounds) {
        precondition(bounds.nanoseconds.count < 24, "more bounds than buckets")
        self.bounds = bounds
        buckets = InlineArray { _ in Atomic(0) }
    }

    /// Negative values, which only a clock's fault can bring, count as zero.
    func record(nanoseconds: Int64) {
        let value = UInt64(max(nanoseconds, 0))
        let index = bounds.index(of: value)
        buckets[index].store(buckets[index].load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        sum.store(sum.load(ordering: .relaxed) &+ value, ordering: .relaxed)
    }

    func read(into snapshot: inout HistogramSnapshot) {
        for index in 0...bounds.nanoseconds.count {
            snapshot.counts[index] &+= buckets[index].load(ordering: .relaxed)
        }
        snapshot.sum &+= sum.load(ordering: .relaxed)
    }
}

/// A histogram as plain values: the sum of several shards.
package struct HistogramSnapshot: Hashable, Sendable {
    package let bounds: HistogramBounds
    /// One for each bound and one for `+Inf`; not cumulative.
    package fileprivate(set) var counts: [UInt64]
    /// Nanoseconds.
    package fileprivate(set) var sum: UInt64 = 0

    package init(_ bounds: HistogramBounds) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.nanoseconds.count + 1)
    }

    package var count: UInt64 { counts.reduce(0, &+) }

    package mutating func record(nanoseconds: Int64) {
        let value = UInt64(max(nanoseconds, 0))
        counts[bounds.index(of: value)] &+= 1
        sum &+= value
    }
}
