// SPDX-License-Identifier: Apache-2.0
import RelayBase
package import RelayCore
import RelayLoop
package import RelayUpstream

extension CheckRun {
    /// Fetches a token as `serve` does.
    ///
    /// - Returns: the cache that holds it, nil for the source `none`; and the step that stands in the way of what needs it.
    mutating func fetchToken(
        _ configuration: Configuration, _ loop: ProbeLoop, blockedBy blocked: CheckStep?
    ) async -> (cache: TokenCache?, blocked: CheckStep?) {
        let step = CheckStep(.token)
        if let blocked {
            skip(step, needing: blocked)
            return (nil, step)
        }
        begin(step)
        let fetcher: TokenFetcher
        do {
            guard let made = try TokenFetcher(configuration, transport: loop, environment: setup.environment)
            else {
                skip(step, Sentence("none is sent (RELAY_TOKEN_SOURCE=none)", "不发送令牌（RELAY_TOKEN_SOURCE=none）"))
                return (nil, nil)
            }
            fetcher = made
        } catch {
            fail(step, [CheckFinding(ConfigurationProblem("RELAY_TOKEN_SOURCE", error.text))])
            return (nil, step)
        }
        switch await fetcher.fetch() {
        case .failure(let finding):
            fail(step, [finding])
            await fetcher.cache.stop()
            return (nil, step)
        case .success(let token):
            warn(step, token.warnings.map { CheckFinding($0) }, token.description)
            return (fetcher.cache, nil)
        }
    }
}

/// Fetches tokens for people: as the relay does, but with the cause and cure of a failure.
package struct TokenFetcher: Sendable {
    /// A token as it may be described.
    package struct Fetched: Sendable {
        package var description: Sentence
        package var warnings: [TokenWarning]
    }

    package let cache: TokenCache
    private let configuration: Configuration
    private let environment: [String: String]
    private let heard: Lock<[TokenWarning]>

    /// - Returns: nil for the source `none`.
    /// - Throws: `TemplateProblem` for a request template that cannot be read.
    package init?(
        _ configuration: Configuration, transport: any IssuerTransport, environment: [String: String],
        observe: @escaping @Sendable (TokenEvent) -> Void = { _ in }
    ) throws(TemplateProblem) {
        guard let source = try makeTokenSource(configuration.token, transport: transport, environment: environment)
        else { return nil }
        let heard = Lock<[TokenWarning]>([])
        (self.configuration, self.environment, self.heard) = (configuration, environment, heard)
        cache = TokenCache(source: source, renewal: configuration.token.renewal) { event in
            if case .warning(let warning) = event { heard.withLock { $0.append(warning) } }
            observe(event)
        }
    }

    package func fetch() async -> Result<Fetched, CheckFinding> {
        let limit = configuration.token.renewal.timeout + .seconds(1)
        do throws(TokenUnavailable) {
            let token = try await cache.token(deadline: MonotonicClock.now + limit)
            // The actor has then told all it had to tell.
            _ = await cache.status()
            return .success(
                Fetched(
                    description: Self.description(of: token, isRenewable: configuration.token.source.isRenewable),
                    warnings: heard.withLock { $0 }))
        } catch {
            return .failure(finding(error.failure ?? TokenFetchFailure(.timeout)))
        }
    }

    package func finding(_ failure: TokenFetchFailure) -> CheckFinding {
        let place = configuration.issuerPlace
        let proxy = ProxySituation(
            configuration.token.transport.proxy, isSecure: place?.isSecure ?? true, variables: environment)
        return CheckFinding(failure, form: TokenRequestForm(configuration.token.source), place: place, proxy: proxy)
    }

    /// Kind, lifetime, renewal, and a JWT's own word; never the token.
    private static func description(of token: AccessToken, isRenewable: Bool) -> Sentence {
        let isJWT = token.kind == .jwt
        var english = isJWT ? "a JWT" : "opaque"
        var chinese = isJWT ? "JWT" : "不透明令牌"
        if let schedule = token.schedule {
            let (lifetime, renewal) = (CheckText.text(schedule.lifetime), CheckText.text(schedule.renewAfter))
            english += ", lives \(lifetime), renewed after \(renewal)"
            chinese += "，有效期 \(lifetime)，\(renewal) 后续期"
        } else {
            english += isRenewable ? ", without an end of its own" : ", fixed: never renewed"
            chinese += isRenewable ? "，无有效期" : "，固定令牌，不续期"
        }
        if isJWT, let end = JWTExpiry.epochMilliseconds(of: token.value.reveal) {
            let left = CheckText.text(.milliseconds(max(0, end - MonotonicClock.wallNanoseconds / 1_000_000)))
            english += ", exp in \(left)"
            chinese += "，exp 还剩 \(left)"
        }
        return Sentence(english, chinese)
    }
}
