// SPDX-License-Identifier: Apache-2.0

import RelayBase

/// A closed or nearly closed set of label values, each with a small index.
///
/// The names known at start are always there; of those met later only the first few are taken up, and all the others are
/// `other`. So a client that makes up model names costs a bounded number of series.
final class LabelTable: Sendable {
    /// The index of `other`.
    static let other = 0

    private struct State {
        var names: [String]
        var indices: [String: Int]
        var room: Int
    }

    private let state: Lock<State>

    /// - Parameter room: how many names not in `known` are taken up.
    init(known: [String], room: Int) {
        var names = ["other"]
        var indices = ["other": Self.other]
        for name in known where indices[name] == nil {
            indices[name] = names.count
            names.append(name)
        }
        state = Lock(State(names: names, indices: indices, room: room))
    }

    /// Finds or takes up a name.
    ///
    /// Takes a lock: a loop keeps what it was told in a `LabelCache`.
    func index(of name: String) -> Int {
        // A label is read by people; longer ones are somebody's joke.
        guard name.utf8.count <= 128 else { return Self.other }
        return state.withLock { state in
            if let index = state.indices[name] { return index }
            guard state.room > 0 else { return Self.other }
            state.room -= 1
            state.indices[name] = state.names.count
            state.names.append(name)
            return state.names.count - 1
        }
    }

    var isFull: Bool { state.withLock { $0.room == 0 } }
    var names: [String] { state.withLock { $0.names } }
    var indices: [String: Int] { state.withLock { $0.indices } }
}

/// One loop's copy of what a label table told it.
///
/// **Isolation**: loop thread.
struct LabelCache {
    private let table: LabelTable
    private var known: [String: Int]
    /// Whether `known` is all there will ever be.
    private var isComplete: Bool

    init(_ table: LabelTable) {
        self.table = table
        // In this order: a table that is full does not grow between the two.
        isComplete = table.isFull
        known = table.indices
    }

    mutating func index(of name: String) -> Int {
        if let index = known[name] { return index }
        if isComplete { return LabelTable.other }
        let index = table.index(of: name)
        if index != LabelTable.other {
            known[name] = index
        } else if table.isFull {
            isComplete = true
            known = table.indices
        }
        return index
    }
}
