// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// Objects that clients create and ask for again (files, batches, responses), without their contents.
final class Shelf: Sendable {
    private struct State: Sendable {
        var objects: [String: JSON] = [:]
        var order: [String] = []
        var made = 0
    }

    private static let capacity = 1000
    private let state = Monitor(State())

    /// A new identifier, unique in this process.
    func makeID(_ prefix: String) -> String {
        let number = state.withLock { state in
            state.made += 1
            return state.made
        }
        return prefix + SHA256.hex(of: "\(number)".utf8).prefix(24)
    }

    func put(_ object: JSON, id: String) {
        state.withLock { state in
            if state.objects.updateValue(object, forKey: id) == nil { state.order.append(id) }
            if state.order.count > Self.capacity { state.objects[state.order.removeFirst()] = nil }
        }
    }

    func get(_ id: String) -> JSON? { state.withLock { $0.objects[id] } }

    /// False if there was none.
    func remove(_ id: String) -> Bool {
        state.withLock { state in
            state.order.removeAll { $0 == id }
            return state.objects.removeValue(forKey: id) != nil
        }
    }

    /// Objects whose identifier starts so, oldest first.
    func all(_ prefix: String) -> [JSON] {
        state.withLock { state in state.order.filter { $0.hasPrefix(prefix) }.compactMap { state.objects[$0] } }
    }
}
