// SPDX-License-Identifier: Apache-2.0

package import RelayBase

/// The writing end of one loop's metrics.
///
/// **Isolation**: loop thread; made there by `Metrics.loop(_:)`, once a loop. On the way of a piece it takes no lock and
/// allocates nothing; at the end of an exchange it takes one lock, for the list of recent exchanges.
package final class LoopMetrics {
    /// Beyond this many series of one family in one loop, a new one is counted as `unknown` and `other`.
    static let maximumSeries = 4_096

    private let shard: MetricsShard
    private var clients: LabelCache
    private var models: LabelCache
    private var requests: [RequestSeries: Cell] = [:]
    private var usage: [UsageSeries: Cell] = [:]

    init(shard: MetricsShard, clients: LabelTable, models: LabelTable) {
        self.shard = shard
        self.clients = LabelCache(clients)
        self.models = LabelCache(models)
        requests = shard.requests.withLock { $0 }
        usage = shard.usage.withLock { $0 }
    }

    // Gauges.

    package func connectionOpened() { shard.connections.add(1) }
    package func connectionClosed() { shard.connections.add(-1) }
    /// An upstream call has begun, the place in the limit included.
    package func callStarted() { shard.inflight.add(1) }
    package func callEnded() { shard.inflight.add(-1) }
    package func requestQueued() { shard.queued.add(1) }
    package func requestDequeued() { shard.queued.add(-1) }
    package func eventStreamOpened() { shard.eventStreams.add(1) }
    package func eventStreamClosed() { shard.eventStreams.add(-1) }

    // Counters on the way of the bytes.

    package func bytesReceived(_ count: Int) { shard.bytesFromClient.add(UInt64(max(count, 0))) }
    package func bytesSent(_ count: Int) { shard.bytesToClient.add(UInt64(max(count, 0))) }
    /// The gap is the time since the piece before it, or since the head, while reading was not paused.
    package func pieceForwarded(gapNanoseconds: Int64) { shard.pieceGap.record(nanoseconds: gapNanoseconds) }
    /// Reading from upstream was paused because the client's buffer is full.
    package func readerPaused() { shard.slowReaders.add(1) }

    /// Counts a finished exchange: requests, times, replays, errors, cancellations, torn answers.
    ///
    /// - Parameter now: where it falls in the plots of the last 15 minutes.
    package func exchangeFinished(_ record: ExchangeRecord, at now: Instant) {
        let endpoint = EndpointIndex.of(record.endpoint)
        // Nobody asks a probe who it is.
        let isProbe = record.endpoint.isLocal && record.status != 401
        let client = clients.index(of: record.client ?? (isProbe ? "anonymous" : "rejected"))
        countRequest(endpoint: endpoint, status: record.status, client: client)
        shard.exchange[endpoint].record(nanoseconds: record.total.nanoseconds)
        if let firstByte = record.firstByte { shard.firstByte[endpoint].record(nanoseconds: firstByte.nanoseconds) }
        if let overhead = record.overhead { shard.overhead.record(nanoseconds: overhead.nanoseconds) }
        if case .failed(let failure) = record.outcome { countFailure(failure, headSent: record.headSent) }
        if record.replayed { shard.replays[record.replayOutcome.position].add(1) }
        // Probes and the status page's own polls would push everything else out of sight.
        guard !record.endpoint.isLocal else { return }
        shard.window.record(
            isError: record.outcome.isError, firstByteNanoseconds: record.firstByte?.nanoseconds, at: now)
        shard.recent.append(record)
    }

    /// Counts a failed attempt that the client does not get to see, for another one follows.
    package func attemptFailed(_ failure: RelayFailure) {
        if let kind = failure.upstreamKind { shard.upstreamErrors[kind.position].add(1) }
    }

    /// Counts the `usage` an answer carried.
    package func usageSeen(endpoint: Endpoint, model: String, kind: UsageKind, tokens: UInt64) {
        let series = UsageSeries(
            endpoint: UInt16(EndpointIndex.of(endpoint)), model: UInt16(models.index(of: model)), kind: kind)
        if let cell = usage[series] { return cell.add(tokens) }
        let cell = Cell()
        usage[series] = cell
        shard.usage.withLock { $0[series] = cell }
        cell.add(tokens)
    }

    private func countRequest(endpoint: Int, status: Int, client: Int) {
        let status = (100...599).contains(status) ? UInt16(status) : 599
        var series = RequestSeries(endpoint: UInt16(endpoint), status: status, client: UInt16(client))
        if let cell = requests[series] { return cell.add(1) }
        if requests.count >= Self.maximumSeries {
            series = RequestSeries(
                endpoint: UInt16(EndpointIndex.of(.unknown)), status: status, client: UInt16(LabelTable.other))
            if let cell = requests[series] { return cell.add(1) }
        }
        let cell = Cell()
        requests[series] = cell
        shard.requests.withLock { $0[series] = cell }
        cell.add(1)
    }

    private func countFailure(_ failure: RelayFailure, headSent: Bool) {
        attemptFailed(failure)
        switch failure {
        case .clientGone: shard.cancelledByClient.add(1)
        case .clientWriteTimeout: shard.cancelledByRelay.add(1)
        case .draining where headSent: shard.cancelledByRelay.add(1)
        default: break
        }
        // Where the client itself left, nobody got a torn answer.
        if headSent && failure.side != .client { shard.truncated.add(1) }
    }
}

extension ExchangeRecord {
    fileprivate var replayOutcome: ReplayOutcome {
        switch outcome {
        case .ok, .upstreamStatus: .accepted
        case .failed(.upstreamAuthRejected): .rejected
        case .failed: .failed
        }
    }
}

/// The place of each endpoint in a shard's arrays.
enum EndpointIndex {
    static let all = Endpoint.allCases

    static func of(_ endpoint: Endpoint) -> Int { endpoint.position }
}

extension CaseIterable where Self: Equatable, AllCases == [Self] {
    /// Its place among all cases.
    var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
