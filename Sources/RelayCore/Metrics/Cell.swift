// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A number that one thread writes and any thread reads.
///
/// **Isolation**: `add` belongs to one thread alone, the loop that owns the shard. It is therefore a relaxed load and a
/// relaxed store, two plain instructions, and never a locked read-modify-write; a second writer would lose counts.
final class Cell: Sendable {
    private let value = Atomic<UInt64>(0)

    func add(_ amount: UInt64) { value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed) }

    func read() -> UInt64 { value.load(ordering: .relaxed) }
}

/// A number that goes up and down, under the same rule as `Cell`.
final class GaugeCell: Sendable {
    private let value = Atomic<Int64>(0)

    func add(_ amount: Int64) { value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed) }

    func read() -> Int64 { value.load(ordering: .relaxed) }
}
