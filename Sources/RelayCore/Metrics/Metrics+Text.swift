// SPDX-License-Identifier: Apache-2.0

import RelayBase

/// What `/metrics` answers.
extension Metrics {
    /// - Parameters:
    ///   - token: nil for the sources `static` and `none`: the token families are then left out.
    ///   - process: nil where the system does not say.
    package func scrape(token: TokenMetricsSnapshot? = nil, process: ProcessSnapshot? = nil) -> [UInt8] {
        var text = PrometheusText()
        text.family("relay_build_info", .gauge, "The build; always 1.")
        text.sample([("version", Version.number)], UInt64(1))
        writeRequests(to: &text)
        writeTimes(to: &text)
        writeLoad(to: &text)
        writeTrouble(to: &text)
        writeUsage(to: &text)
        if let token { Self.write(token, to: &text) }
        if let process { Self.write(process, to: &text) }
        return text.bytes
    }

    private func writeRequests(to text: inout PrometheusText) {
        text.family("relay_requests_total", .counter, "Exchanges that have ended, by the status sent to the client.")
        let names = clients.names
        let series = sum { $0.requests.withLock { $0 } }
        let order = series.keys.sorted { ($0.endpoint, $0.status, $0.client) < ($1.endpoint, $1.status, $1.client) }
        for key in order {
            text.sample(
                [
                    ("endpoint", EndpointIndex.all[Int(key.endpoint)].label), ("status", String(key.status)),
                    ("client", names[Int(key.client)]),
                ], series[key] ?? 0)
        }
    }

    private func writeTimes(to text: inout PrometheusText) {
        text.family("relay_exchange_seconds", .histogram, "Time from the first byte of a request to its end.")
        writeByEndpoint(\.exchange, to: &text)
        text.family("relay_first_byte_seconds", .histogram, "Time from a request's first byte to upstream's head.")
        writeByEndpoint(\.firstByte, to: &text)
        text.family("relay_overhead_seconds", .histogram, "Time an exchange spent in the relay itself.")
        text.histogram([], sum(.fine) { $0.overhead })
        text.family("relay_piece_gap_seconds", .histogram, "Time between two pieces of an answer.")
        text.histogram([], sum(.fine) { $0.pieceGap })
    }

    private func writeByEndpoint(
        _ histograms: (MetricsShard) -> [Histogram], to text: inout PrometheusText
    ) {
        for (index, endpoint) in EndpointIndex.all.enumerated() {
            let snapshot = sum(.calls) { histograms($0)[index] }
            // Endpoints nobody uses would be most of the page.
            if snapshot.count > 0 { text.histogram([("endpoint", endpoint.label)], snapshot) }
        }
    }

    private func writeLoad(to text: inout PrometheusText) {
        text.family("relay_inflight", .gauge, "Upstream calls in progress.")
        text.sample([], inflight)
        text.family("relay_queue_depth", .gauge, "Requests waiting for a place.")
        text.sample([], queueDepth)
        text.family("relay_connections", .gauge, "Open client connections.")
        text.sample([], connections)
        text.family("relay_event_streams", .gauge, "Event streams in progress.")
        text.sample([], eventStreams)
        text.family("relay_bytes_total", .counter, "Body bytes from and to clients.")
        text.sample([("direction", "from_client")], sum(\.bytesFromClient))
        text.sample([("direction", "to_client")], sum(\.bytesToClient))
    }

    private func writeTrouble(to text: inout PrometheusText) {
        text.family("relay_cancelled_total", .counter, "Upstream calls given up, by who ended the exchange.")
        text.sample([("side", "client")], sum(\.cancelledByClient))
        text.sample([("side", "relay")], sum(\.cancelledByRelay))
        text.family("relay_truncated_total", .counter, "Answers that ended early after their head was sent.")
        text.sample([], sum(\.truncated))
        text.family("relay_slow_reader_total", .counter, "Times reading from upstream paused for a slow client.")
        text.sample([], sum(\.slowReaders))
        text.family("relay_replays_total", .counter, "Requests sent again after a 401, by what became of them.")
        for (index, outcome) in ReplayOutcome.allCases.enumerated() {
            text.sample([("outcome", outcome.rawValue)], shards.reduce(0) { $0 &+ $1.replays[index].read() })
        }
        text.family("relay_upstream_errors_total", .counter, "Failures of upstream or of the way to it.")
        for (index, kind) in UpstreamErrorKind.allCases.enumerated() {
            text.sample([("kind", kind.rawValue)], shards.reduce(0) { $0 &+ $1.upstreamErrors[index].read() })
        }
    }

    private func writeUsage(to text: inout PrometheusText) {
        text.family("relay_usage_tokens_total", .counter, "Tokens that answers reported in their usage.")
        let names = models.names
        let series = sum { $0.usage.withLock { $0 } }
        let order = series.keys.sorted {
            ($0.endpoint, $0.model, $0.kind.position) < ($1.endpoint, $1.model, $1.kind.position)
        }
        for key in order {
            text.sample(
                [
                    ("endpoint", EndpointIndex.all[Int(key.endpoint)].label), ("model", names[Int(key.model)]),
                    ("kind", key.kind.rawValue),
                ], series[key] ?? 0)
        }
    }

    private static func write(_ token: TokenMetricsSnapshot, to text: inout PrometheusText) {
        if let seconds = token.secondsToExpiry {
            text.family("relay_token_seconds_to_expiry", .gauge, "Time until the token ends.")
            text.sample([], seconds)
        }
        if let seconds = token.ageSeconds {
            text.family("relay_token_age_seconds", .gauge, "Time since the token was asked for.")
            text.sample([], seconds)
        }
        text.family("relay_token_generation", .gauge, "How many tokens there have been.")
        text.sample([], token.generation)
        text.family("relay_token_renewals_total", .counter, "Fetches of a token.")
        for trigger in RenewalTrigger.allCases {
            for result in RenewalResult.allCases {
                text.sample(
                    [("trigger", trigger.rawValue), ("result", result.rawValue)],
                    token.renewals.count(trigger, result))
            }
        }
        text.family("relay_token_renewal_seconds", .histogram, "Time a fetch of a token took.")
        text.histogram([], token.renewals.duration)
    }

    private static func write(_ process: ProcessSnapshot, to text: inout PrometheusText) {
        text.family("process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.")
        text.sample([], process.cpuSeconds)
        text.family("process_resident_memory_bytes", .gauge, "Resident memory size in bytes.")
        text.sample([], process.residentBytes)
        text.family("process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes.")
        text.sample([], process.virtualBytes)
        text.family("process_open_fds", .gauge, "Number of open file descriptors.")
        text.sample([], process.openDescriptors)
        text.family("process_max_fds", .gauge, "Maximum number of open file descriptors.")
        text.sample([], process.maximumDescriptors)
        text.family("process_threads", .gauge, "Number of threads.")
        text.sample([], process.threads)
        text.family("process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds.")
        text.sample([], process.startTime)
    }
}
