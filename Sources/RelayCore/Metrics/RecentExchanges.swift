// SPDX-License-Identifier: Apache-2.0

import RelayBase

/// The last 50 exchanges and the last 50 errors of one loop, for the status page.
///
/// Takes a lock once an exchange; the other side of it is a reader of the status page, about once a second.
final class RecentExchanges: Sendable {
    static let capacity = 50

    private struct Ring {
        var records: [ExchangeRecord] = []
        var next = 0

        mutating func append(_ record: ExchangeRecord) {
            if records.count < RecentExchanges.capacity {
                records.append(record)
            } else {
                records[next] = record
                next = (next + 1) % RecentExchanges.capacity
            }
        }
    }

    private struct State {
        var all = Ring()
        var errors = Ring()
    }

    private let state = Lock(State())

    func append(_ record: ExchangeRecord) {
        var record = record
        // A target may be 16 KiB long; 50 of them a loop shall not stay.
        if record.path.utf8.count > 256 { record.path = SafeText.printable(record.path, limit: 256) }
        let kept = record
        state.withLock { state in
            state.all.append(kept)
            if kept.outcome.isError { state.errors.append(kept) }
        }
    }

    /// In no order.
    var exchanges: [ExchangeRecord] { state.withLock { $0.all.records } }
    var errors: [ExchangeRecord] { state.withLock { $0.errors.records } }
}
