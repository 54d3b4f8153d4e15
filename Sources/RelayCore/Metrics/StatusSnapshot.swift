// SPDX-License-Identifier: Apache-2.0

package import RelayBase

/// Everything the status page shows, gathered by the rim at one request for it.
package struct StatusSnapshot: Sendable {
    /// Load of one event loop.
    package struct Loop: Sendable, Equatable {
        package var connections: Int64
        package var inflight: Int64
        package var queued: Int64
        package var eventStreams: Int64
    }

    /// Nanoseconds since 1970.
    package var now: Int64
    package var uptimeSeconds: Double
    /// When the process started, in nanoseconds since 1970: it tells a page one run from the next.
    package var startedAt: Int64?
    package var isDraining = false
    /// Whether the page can send a chat to the address it came from.
    package var servesAPI = true
    /// Nil if ready; else the `reason` of `/readyz`.
    package var notReadyReason: String?
    /// `static`, `file`, `exec`, `oauth2`, `http` or `none`.
    package var tokenSource: String
    /// Nil for the sources `static` and `none`.
    package var token: TokenMetricsSnapshot?
    package var process: ProcessSnapshot?
    package let loops: [Loop]
    /// Oldest first; the last one is still growing.
    package let window: [WindowPoint]
    /// The number of the last point, counted in steps of five seconds on the relay's own clock.
    package let lastSlot: Int64
    /// How far the last point has grown, in nanoseconds.
    package let windowAge: Int64
    /// Newest first.
    package let exchanges: [ExchangeRecord]
    package let errors: [ExchangeRecord]

    /// - Parameters:
    ///   - now: nanoseconds since 1970.
    ///   - instant: the same moment on the relay's own clock.
    package init(metrics: Metrics, now: Int64, at instant: Instant, uptimeSeconds: Double, tokenSource: String) {
        (self.now, self.uptimeSeconds, self.tokenSource) = (now, uptimeSeconds, tokenSource)
        loops = metrics.shards.map { shard in
            Loop(
                connections: shard.connections.read(), inflight: shard.inflight.read(), queued: shard.queued.read(),
                eventStreams: shard.eventStreams.read())
        }
        window = metrics.window(endingAt: instant)
        lastSlot = max(instant.nanoseconds, 0) / RollingWindow.slotNanoseconds
        windowAge = max(instant.nanoseconds, 0) % RollingWindow.slotNanoseconds
        exchanges = metrics.recentExchanges
        errors = metrics.recentErrors
    }
}
