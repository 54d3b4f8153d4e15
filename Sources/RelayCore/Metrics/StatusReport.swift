// SPDX-License-Identifier: Apache-2.0

import RelayBase

/// The JSON of `/status.json`: a pure function of a snapshot.
///
/// A page asks once with everything and then each second with `?since=<cursor of the last answer>`: it gets the points
/// that have changed and the exchanges that are new. Overlap of two seconds is deliberate, for an exchange may be
/// recorded a little after it ended; the page tells doubles by their request id and time.
package struct StatusReport {
    private let snapshot: StatusSnapshot

    package init(_ snapshot: StatusSnapshot) { self.snapshot = snapshot }

    /// - Parameter since: milliseconds since 1970, the `cursor` of an earlier answer; nil or nonsense: everything.
    package func json(since: Int64? = nil) -> [UInt8] {
        var json = JSONWriter()
        let now = snapshot.now / 1_000_000
        let since = since.flatMap { (0...now).contains($0) ? $0 : nil }
        json.object { json in
            json.member("version", Version.number)
            json.member("now", Timestamp.rfc3339(unixNanoseconds: snapshot.now))
            json.member("cursor", now)
            json.member("full", since == nil)
            json.optional("started", snapshot.startedAt.map(Timestamp.rfc3339))
            json.member("uptime_seconds", rounded(snapshot.uptimeSeconds))
            json.member("ready", snapshot.notReadyReason == nil)
            json.optional("reason", snapshot.notReadyReason)
            json.member("draining", snapshot.isDraining)
            json.member("chat", snapshot.servesAPI)
            writeToken(to: &json)
            writeLoad(to: &json)
            writeSeries(since: since, now: now, to: &json)
            json.name("exchanges")
            json.array { json in
                for record in recent(snapshot.exchanges, since: since) { write(record, to: &json) }
            }
            json.name("errors")
            json.array { json in
                for record in recent(snapshot.errors, since: since) { write(record, to: &json) }
            }
        }
        return json.bytes
    }

    private func recent(_ records: [ExchangeRecord], since: Int64?) -> [ExchangeRecord] {
        guard let since else { return records }
        return records.filter { $0.endedAt / 1_000_000 >= since - 2_000 }
    }

    private func writeToken(to json: inout JSONWriter) {
        json.name("token")
        json.object { json in
            json.member("source", snapshot.tokenSource)
            guard let token = snapshot.token else { return }
            json.member("state", token.state)
            json.member("generation", token.generation)
            json.optional("age_seconds", token.ageSeconds.map(rounded))
            json.optional("expires_in_seconds", token.secondsToExpiry.map(rounded))
            json.optional("renews_in_seconds", token.nextRenewalSeconds.map(rounded))
            json.optional("lifetime_seconds", token.lifetimeSeconds.map(rounded))
            json.member("waiters", token.waiters)
            json.member("renewed", token.renewals.count(.success))
            json.member("failed", token.renewals.count(.failure))
            json.member("failed_in_a_row", token.renewals.failuresInARow)
            json.optional("last_success", token.renewals.lastSuccess.map(Timestamp.rfc3339))
            json.name("last_failure")
            guard let last = token.renewals.lastFailure else { return json.null() }
            json.object { json in
                json.member("ts", Timestamp.rfc3339(unixNanoseconds: last.unixTime))
                json.member("kind", last.failure.label)
                json.member("message", last.failure.description)
                write(last.failure.advice, to: &json)
            }
        }
    }

    private func writeLoad(to json: inout JSONWriter) {
        let loops = snapshot.loops
        json.name("load")
        json.object { json in
            json.member("connections", loops.reduce(0) { $0 + $1.connections })
            json.member("inflight", loops.reduce(0) { $0 + $1.inflight })
            json.member("queued", loops.reduce(0) { $0 + $1.queued })
            json.member("event_streams", loops.reduce(0) { $0 + $1.eventStreams })
            if let process = snapshot.process {
                json.member("resident_bytes", process.residentBytes)
                json.member("cpu_seconds", rounded(process.cpuSeconds))
                json.member("open_fds", process.openDescriptors)
            }
            json.name("loops")
            json.array { json in
                for loop in loops {
                    json.object { json in
                        json.member("connections", loop.connections)
                        json.member("inflight", loop.inflight)
                        json.member("queued", loop.queued)
                        json.member("event_streams", loop.eventStreams)
                    }
                }
            }
        }
    }

    /// Points are arrays to be small: requests, errors, median and 95th percentile of the first-byte time in ms.
    private func writeSeries(since: Int64?, now: Int64, to json: inout JSONWriter) {
        let step = RollingWindow.slotNanoseconds / 1_000_000
        let lastStart = now - snapshot.windowAge / 1_000_000
        // The point that was growing at the time of the cursor is sent again, as the two seconds of overlap say.
        let count = since.map { min(max(lastStart - $0 + 2_000, 0) / step + 2, Int64(snapshot.window.count)) }
        let points = snapshot.window.suffix(count.map { Int($0) } ?? snapshot.window.count)
        json.name("series")
        json.object { json in
            json.member("step_ms", step)
            // Numbers, not times: those of two answers would differ by a rounding, and more when the clock is set.
            json.member("last_slot", snapshot.lastSlot)
            json.name("points")
            json.array { json in
                for point in points {
                    json.array { json in
                        json.int(point.requests)
                        json.int(point.errors)
                        for share in [0.5, 0.95] {
                            if let time = point.firstByte(quantile: share) {
                                json.int(time / 1_000_000)
                            } else {
                                json.null()
                            }
                        }
                    }
                }
            }
        }
    }

    private func write(_ record: ExchangeRecord, to json: inout JSONWriter) {
        json.object { json in
            json.member("ts", Timestamp.rfc3339(unixNanoseconds: record.endedAt))
            json.member("request_id", record.requestID)
            json.optional("client", record.client)
            json.member("endpoint", record.endpoint.label)
            json.member("method", record.method)
            json.member("path", record.path)
            json.member("status", record.status)
            json.optional("upstream_status", record.upstreamStatus)
            json.member("bytes_in", record.bytesIn)
            json.member("bytes_out", record.bytesOut)
            json.member("pieces", record.pieces)
            json.optional("queue_ms", record.queue.map(milliseconds))
            json.optional("token_ms", record.token.map(milliseconds))
            json.optional("first_byte_ms", record.firstByte.map(milliseconds))
            json.member("total_ms", milliseconds(record.total))
            json.member("outcome", record.outcome.label)
            json.optional("side", record.outcome.side?.rawValue)
            json.member("replayed", record.replayed)
            if case .failed(let failure) = record.outcome { json.optional("detail", failure.detail) }
            if let advice = record.outcome.advice(status: record.status) { write(advice, to: &json) }
        }
    }

    private func write(_ advice: Advice, to json: inout JSONWriter) {
        for (name, sentence) in [("cause", advice.cause), ("cure", advice.cure)] {
            json.name(name)
            json.object { json in
                json.member("en", sentence.english)
                json.member("zh", sentence.chinese)
            }
        }
    }

    private func milliseconds(_ duration: Duration) -> Double { rounded(Double(duration.nanoseconds) / 1e6) }

    /// To a thousandth: nobody reads more.
    private func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
}

extension JSONWriter {
    fileprivate mutating func optional(_ name: String, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    fileprivate mutating func optional(_ name: String, _ value: Int?) {
        self.name(name)
        if let value { int(value) } else { null() }
    }

    fileprivate mutating func optional(_ name: String, _ value: Double?) {
        self.name(name)
        if let value { double(value) } else { null() }
    }
}
