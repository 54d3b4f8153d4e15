// SPDX-License-Identifier: Apache-2.0
import RelayBase
package import RelayCore
import RelayLoop
import RelayUpstream

/// What the relay says about itself; put together off the loops.
extension RelayContext {
    private var tokenTime: TokenTime {
        TokenTime(instant: MonotonicClock.now, wallNanoseconds: MonotonicClock.wallNanoseconds)
    }

    /// `/readyz`: whether a request would be served.
    func readiness() async -> LocalAnswer {
        guard let cache = token.cache else { return Self.ready }
        let status = await cache.status()
        if status.isReady { return Self.ready }
        return .notReady(Self.reason(status) ?? "no_token", detail: status.lastFailure?.failure.label)
    }

    private static let ready = LocalAnswer(body: Array(#"{"status":"ready"}"#.utf8))

    /// Why the token is not there: a closed set of words.
    static func reason(_ status: TokenStatus) -> String? {
        if status.isReady { return nil }
        return status.phase == .never ? "no_token" : "token_expired"
    }

    func metricsText() async -> LocalAnswer {
        let snapshot = await tokenSnapshot()
        let text = metrics.scrape(token: snapshot, process: ProcessFigures.read())
        return LocalAnswer(contentType: "text/plain; version=0.0.4; charset=utf-8", body: text)
    }

    /// - Parameters:
    ///   - query: of the request; `since=` asks for what is new.
    ///   - servesAPI: whether the address that was asked serves clients too.
    func statusJSON(query: String?, isDraining: Bool, servesAPI: Bool) async -> LocalAnswer {
        let now = tokenTime
        var snapshot = StatusSnapshot(
            metrics: metrics, now: now.wallNanoseconds, at: now.instant,
            uptimeSeconds: (now.instant - startedAt).seconds, tokenSource: configuration.token.source.label)
        snapshot.startedAt = startedWall
        snapshot.isDraining = isDraining
        snapshot.servesAPI = servesAPI
        let status = await token.cache?.status()
        snapshot.notReadyReason = isDraining ? "draining" : status.flatMap { Self.reason($0) }
        snapshot.token = await tokenSnapshot()
        snapshot.process = ProcessFigures.read()
        let since = query?.split(separator: "&").first { $0.hasPrefix("since=") }?.dropFirst(6)
        let cursor = since.flatMap { $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? Int64($0) : nil }
        return LocalAnswer(body: StatusReport(snapshot).json(since: cursor))
    }

    /// Nil for a source without renewals.
    private func tokenSnapshot() async -> TokenMetricsSnapshot? {
        guard configuration.token.source.isRenewable, let status = await token.cache?.status() else { return nil }
        return TokenMetricsSnapshot(
            secondsToExpiry: status.remaining?.seconds, ageSeconds: status.age?.seconds,
            nextRenewalSeconds: status.renewIn?.seconds, lifetimeSeconds: status.lifetime?.seconds,
            generation: status.generation, state: status.phase.rawValue, waiters: status.waiters,
            renewals: tokenMetrics.renewals)
    }

    /// The token cache's news: counted, and one line in the log each.
    ///
    /// Any thread; quick.
    package static func observe(
        _ event: TokenEvent, log: Log, metrics: TokenMetrics, wall: @Sendable () -> Int64
    ) {
        switch event {
        case .warning(let warning): log.warn("token warning", ["detail": .string(warning.text)])
        case .renewal(let report):
            let trigger: RenewalTrigger =
                switch report.trigger {
                case .start, .timer, .changed, .reload: .timer
                case .demand: .demand
                case .forced: .forced
                }
            switch report.result {
            case .adopted(let lifetime, let renewIn, let kind, let isSameToken):
                metrics.renewalEnded(trigger, duration: report.duration, unixTime: wall())
                log.info(
                    "token renewed",
                    [
                        "trigger": .string(report.trigger.rawValue), "duration_ms": .milliseconds(report.duration),
                        "generation": .uint(report.generation), "lifetime_ms": LogValue(lifetime),
                        "renew_in_ms": LogValue(renewIn), "kind": .string(kind.rawValue), "same": .bool(isSameToken),
                    ])
            case .failed(let failure, let retryIn):
                metrics.renewalEnded(trigger, duration: report.duration, unixTime: wall(), failure: failure)
                log.warn(
                    "token renewal failed",
                    [
                        "trigger": .string(report.trigger.rawValue), "duration_ms": .milliseconds(report.duration),
                        "generation": .uint(report.generation), "failure": .string(failure.label),
                        "detail": .string(failure.description), "retry_in_ms": .milliseconds(retryIn),
                        "side": .string(FailureSide.issuer.rawValue),
                    ])
            }
        }
    }
}

extension TokenSourceConfiguration {
    /// The name of `RELAY_TOKEN_SOURCE`.
    package var label: String {
        switch self {
        case .none: "none"
        case .fixed: "static"
        case .file: "file"
        case .exec: "exec"
        case .oauth2: "oauth2"
        case .http: "http"
        }
    }
}
