// SPDX-License-Identifier: Apache-2.0
import RelayBase
package import RelayCore
import RelayLoop
import RelayUpstream

/// Keeps one file holding a fresh token, for replicas that read it with the `file` source: where an issuer lets one
/// token live, one process renews and the others follow.
package struct TokenBroker: Sendable {
    package enum Form: Sendable {
        /// `access_token` and `expires_at`, so that readers know its end.
        case json
        /// The token alone.
        case bare
    }

    private let path: String
    private let form: Form
    private let log: Log
    private let events: AsyncStream<TokenEvent>
    private let feed: AsyncStream<TokenEvent>.Continuation

    /// Owner and group: the readers run as other users of one group.
    package static let mode: UInt32 = 0o640
    private static let retryAfter: Duration = .seconds(5)

    package init(path: String, form: Form, log: Log) {
        (self.path, self.form, self.log) = (path, form, log)
        // The newest is all that counts: the token is asked for when it is written.
        (events, feed) = AsyncStream.makeStream(of: TokenEvent.self, bufferingPolicy: .bufferingNewest(16))
    }

    /// For `TokenFetcher`: what the cache tells.
    package func observe(_ event: TokenEvent) { feed.yield(event) }

    /// Renews and writes until the task is cancelled; a valid token's file is left behind.
    package func run(_ fetcher: TokenFetcher) async {
        await fetcher.cache.start()
        for await event in events {
            if Task.isCancelled { break }
            switch event {
            case .warning(let warning): log.warn("token", ["detail": .string(warning.text)])
            case .renewal(let report):
                switch report.result {
                case .failed(let failure, let retryIn):
                    let advice = fetcher.finding(failure).advice
                    log.error(
                        "token renewal failed",
                        [
                            "cause": .string(advice.cause.english), "cure": .string(advice.cure.english),
                            "retry_in_ms": .milliseconds(retryIn),
                        ])
                case .adopted(let lifetime, let renewIn, _, _): await write(fetcher.cache, lifetime, renewIn)
                }
            }
        }
        await fetcher.cache.stop()
    }

    /// Writes what is current, again and again until it works.
    private func write(_ cache: TokenCache, _ lifetime: Duration?, _ renewIn: Duration?) async {
        while !Task.isCancelled {
            guard let token = try? await cache.token() else { return }
            do throws(SystemCallError) {
                try SmallFile.replace(path, with: content(of: token), mode: Self.mode)
                log.info(
                    "token written",
                    [
                        "path": .string(path), "generation": .int(Int64(clamping: token.generation)),
                        "lifetime_ms": LogValue(lifetime), "renew_in_ms": LogValue(renewIn),
                    ])
                return
            } catch {
                log.error(
                    "token file cannot be written",
                    [
                        "path": .string(path), "error": .string(error.description),
                        "retry_in_ms": .milliseconds(Self.retryAfter),
                    ])
                try? await Task.sleep(for: Self.retryAfter)
            }
        }
    }

    private func content(of token: AccessToken) -> [UInt8] {
        switch form {
        case .bare: return Array((token.value.reveal + "\n").utf8)
        case .json:
            var json = JSONWriter()
            json.object { json in
                json.member("access_token", token.value.reveal)
                json.member("token_type", "Bearer")
                if let lifetime = token.schedule?.lifetime {
                    let end = token.fetchedAt.wallNanoseconds.addingReportingOverflow(lifetime.nanoseconds)
                    if !end.overflow { json.member("expires_at", end.partialValue / 1_000_000_000) }
                }
            }
            return json.bytes + [10]
        }
    }
}
