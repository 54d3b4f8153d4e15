// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayLoop
import Testing

@Suite("Deadline queue")
struct DeadlineQueueTests {
    private func at(_ n: Int64) -> Instant { Instant(nanoseconds: n) }

    @Test("fires in order of time, never before it")
    func order() {
        var queue = DeadlineQueue<Int>()
        for n in [5, 1, 4, 2, 3] { _ = queue.schedule(at: at(Int64(n)), n) }
        #expect(queue.next == at(1))
        #expect(queue.popExpired(at: at(0)) == nil)
        var fired: [Int] = []
        while let n = queue.popExpired(at: at(4)) { fired.append(n) }
        #expect(fired == [1, 2, 3, 4])
        #expect(queue.count == 1)
    }

    @Test("cancelling removes at once and a stale name does nothing")
    func cancel() {
        var queue = DeadlineQueue<String>()
        let first = queue.schedule(at: at(1), "first")
        queue.cancel(first)
        #expect(queue.count == 0)
        let second = queue.schedule(at: at(1), "second")  // takes the slot of the first
        queue.cancel(first)
        #expect(queue.popExpired(at: at(1)) == "second")
        queue.cancel(second)
        #expect(queue.count == 0)
    }

    @Test("agrees with a sorted list over random operations", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func model(seed: UInt64) {
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(truncatingIfNeeded: state >> 33) % bound
        }
        var queue = DeadlineQueue<Int>()
        var model: [(instant: Int, payload: Int, id: DeadlineID)] = []
        for step in 0..<5_000 {
            switch random(3) {
            case 0:
                let instant = random(1_000)
                model.append((instant, step, queue.schedule(at: at(Int64(instant)), step)))
            case 1 where !model.isEmpty:
                queue.cancel(model.remove(at: random(model.count)).id)
            default:
                let now = random(200)
                while let payload = queue.popExpired(at: at(Int64(now))) {
                    guard let index = model.firstIndex(where: { $0.payload == payload }) else {
                        Issue.record("fired twice or after cancel: \(payload)")
                        return
                    }
                    #expect(model[index].instant == model.map(\.instant).min())
                    model.remove(at: index)
                }
                #expect(model.allSatisfy { $0.instant > now })
            }
            #expect(queue.count == model.count)
            #expect(queue.next == model.map { at(Int64($0.instant)) }.min())
        }
    }
}
