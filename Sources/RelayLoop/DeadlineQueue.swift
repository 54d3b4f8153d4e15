// SPDX-License-Identifier: Apache-2.0
package import RelayBase

/// Names one scheduled deadline; stale once it fired or was cancelled.
package struct DeadlineID: Hashable, Sendable {
    fileprivate let slot: Int
    fileprivate let generation: UInt32
}

/// Deadlines in order of time: a binary heap whose entries know their place, so that cancelling removes at once and
/// nothing dead piles up behind a long timeout.
///
/// Every operation is O(log n); time is passed in.
package struct DeadlineQueue<Payload> {
    private struct Slot {
        var instant: Instant
        var generation: UInt32
        var heapIndex: Int
        var payload: Payload?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []
    private var heap: [Int] = []

    package init() {}

    package var count: Int { heap.count }

    /// The earliest deadline, if there is one.
    package var next: Instant? { heap.first.map { slots[$0].instant } }

    package mutating func schedule(at instant: Instant, _ payload: Payload) -> DeadlineID {
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            slots[slot].instant = instant
            slots[slot].payload = payload
        } else {
            slot = slots.count
            slots.append(Slot(instant: instant, generation: 0, heapIndex: 0, payload: payload))
        }
        slots[slot].heapIndex = heap.count
        heap.append(slot)
        siftUp(heap.count - 1)
        return DeadlineID(slot: slot, generation: slots[slot].generation)
    }

    /// Does nothing if it has fired or was cancelled.
    package mutating func cancel(_ id: DeadlineID) {
        guard id.slot < slots.count, slots[id.slot].generation == id.generation, slots[id.slot].payload != nil else {
            return
        }
        _ = remove(at: slots[id.slot].heapIndex)
    }

    /// Takes the earliest deadline that lies at or before `now`.
    package mutating func popExpired(at now: Instant) -> Payload? {
        guard let first = heap.first, slots[first].instant <= now else { return nil }
        return remove(at: 0)
    }

    private mutating func remove(at index: Int) -> Payload? {
        let slot = heap[index]
        let last = heap.removeLast()
        if last != slot {
            heap[index] = last
            slots[last].heapIndex = index
            siftDown(index)
            siftUp(index)
        }
        let payload = slots[slot].payload
        slots[slot].payload = nil
        slots[slot].generation &+= 1
        free.append(slot)
        return payload
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard slots[heap[index]].instant < slots[heap[parent]].instant else { return }
            exchange(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var smallest = index
            for child in (2 * index + 1)...(2 * index + 2) where child < heap.count {
                if slots[heap[child]].instant < slots[heap[smallest]].instant { smallest = child }
            }
            guard smallest != index else { return }
            exchange(index, smallest)
            index = smallest
        }
    }

    private mutating func exchange(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        slots[heap[a]].heapIndex = a
        slots[heap[b]].heapIndex = b
    }
}
