// SPDX-License-Identifier: Apache-2.0

package import RelayBase

/// Everything the relay counts: one shard an event loop, summed when somebody looks.
///
/// Any thread may read at any time; a reader takes no lock that a piece on its way could wait for. Numbers of one
/// scrape are each right, but not from one and the same instant.
package final class Metrics: Sendable {
    let shards: [MetricsShard]
    let clients: LabelTable
    let models: LabelTable

    /// - Parameters:
    ///   - clients: the names that go with client keys.
    ///   - models: `RELAY_MODELS`; of others the first 50 seen get series of their own.
    package init(loops: Int, clients: [String] = [], models: [String] = []) {
        shards = (0..<max(loops, 1)).map { _ in MetricsShard() }
        // Room for names that join the key file later.
        self.clients = LabelTable(known: ["anonymous", "rejected"] + clients, room: 200)
        self.models = LabelTable(known: models, room: 50)
    }

    /// The writing end of loop `index`: make it on that loop's thread, once.
    package func loop(_ index: Int) -> LoopMetrics {
        LoopMetrics(shard: shards[index], clients: clients, models: models)
    }

    package var loops: Int { shards.count }
    package var connections: Int64 { sum(\.connections) }
    package var inflight: Int64 { sum(\.inflight) }
    package var queueDepth: Int64 { sum(\.queued) }
    package var eventStreams: Int64 { sum(\.eventStreams) }

    /// The last 15 minutes, oldest first, in steps of `RollingWindow.slotNanoseconds`; the last point is still growing.
    ///
    /// - Parameter count: how many points, at most 180.
    package func window(_ count: Int = 180, endingAt now: Instant) -> [WindowPoint] {
        let last = max(now.nanoseconds, 0) / RollingWindow.slotNanoseconds
        let count = Int64(min(max(count, 0), RollingWindow.visible))
        return ((last - count + 1)..<(last + 1)).map { number in
            var point = WindowPoint()
            for shard in shards { shard.window.read(number, into: &point) }
            return point
        }
    }

    /// The last exchanges of all loops, newest first, at most 50.
    package var recentExchanges: [ExchangeRecord] { newest(shards.map(\.recent.exchanges)) }

    /// The last exchanges that went wrong, newest first, at most 50.
    package var recentErrors: [ExchangeRecord] { newest(shards.map(\.recent.errors)) }

    private func newest(_ records: [[ExchangeRecord]]) -> [ExchangeRecord] {
        Array(records.joined().sorted { $0.endedAt > $1.endedAt }.prefix(RecentExchanges.capacity))
    }

    func sum(_ cell: (MetricsShard) -> Cell) -> UInt64 {
        shards.reduce(0) { $0 &+ cell($1).read() }
    }

    func sum(_ cell: (MetricsShard) -> GaugeCell) -> Int64 {
        shards.reduce(0) { $0 &+ cell($1).read() }
    }

    func sum(_ bounds: HistogramBounds, _ histogram: (MetricsShard) -> Histogram) -> HistogramSnapshot {
        var snapshot = HistogramSnapshot(bounds)
        for shard in shards { histogram(shard).read(into: &snapshot) }
        return snapshot
    }

    func sum<Series: Hashable>(_ series: (MetricsShard) -> [Series: Cell]) -> [Series: UInt64] {
        var sums: [Series: UInt64] = [:]
        for shard in shards {
            for (key, cell) in series(shard) { sums[key, default: 0] &+= cell.read() }
        }
        return sums
    }
}
