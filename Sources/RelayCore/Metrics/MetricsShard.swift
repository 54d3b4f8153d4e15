// SPDX-License-Identifier: Apache-2.0

import RelayBase

/// What one event loop has counted.
///
/// **Isolation**: every cell is written by one loop and read by anybody. The lists of series are locked, since a new
/// series is rare: a loop takes the lock when it meets an endpoint, status and client together for the first time.
final class MetricsShard: Sendable {
    let connections = GaugeCell()
    let inflight = GaugeCell()
    let queued = GaugeCell()
    let eventStreams = GaugeCell()
    let bytesFromClient = Cell()
    let bytesToClient = Cell()
    let cancelledByClient = Cell()
    let cancelledByRelay = Cell()
    let truncated = Cell()
    let slowReaders = Cell()
    let replays: [Cell] = ReplayOutcome.allCases.map { _ in Cell() }
    let upstreamErrors: [Cell] = UpstreamErrorKind.allCases.map { _ in Cell() }
    let overhead = Histogram(.fine)
    let pieceGap = Histogram(.fine)
    /// By the index of the endpoint.
    let exchange = EndpointIndex.all.map { _ in Histogram(.calls) }
    let firstByte = EndpointIndex.all.map { _ in Histogram(.calls) }
    let requests = Lock<[RequestSeries: Cell]>([:])
    let usage = Lock<[UsageSeries: Cell]>([:])
    let window = RollingWindow()
    let recent = RecentExchanges()

}

/// The labels of one `relay_requests_total` series, as indices.
struct RequestSeries: Hashable, Sendable {
    let endpoint: UInt16
    let status: UInt16
    let client: UInt16
}

/// The labels of one `relay_usage_tokens_total` series, as indices.
struct UsageSeries: Hashable, Sendable {
    let endpoint: UInt16
    let model: UInt16
    let kind: UsageKind
}

/// What became of a request that was sent again after a 401.
package enum ReplayOutcome: String, CaseIterable, Sendable { case accepted, rejected, failed }

/// What a token of `usage` was for.
package enum UsageKind: String, CaseIterable, Sendable { case prompt, completion, cached, reasoning }
