// SPDX-License-Identifier: Apache-2.0
// RelayServer is the whole: it wires configuration, token, transport and loops together and serves the clients.
//   RelayServer        starts, drains and ends everything
//   RelayContext       what all loops share: constants, and a few values behind locks
//   LoopServer         one loop: its listeners, its connections, its upstream transport
//   ClientConnection   one client socket; Exchange: one request on it
//   LocalEndpoints     what the relay answers itself
package import RelayBase
package import RelayCore
package import RelayUpstream

/// What every loop shares.
///
/// Constants, but for the parts that say how they are guarded.
package final class RelayContext: Sendable {
    package let configuration: Configuration
    package let router: Router
    package let adminRouter: Router
    package let fieldPolicy: RequestFieldPolicy
    package let splicer: BodySplicer
    package let models: ModelList?
    package let profile: TransportProfile
    package let metrics: Metrics
    package let tokenMetrics: TokenMetrics
    package let log: Log
    package let clients: ClientDirectory
    package let gate: ConcurrencyGate
    package let bodies: ByteBudget
    package let connections: ConnectionCount
    package let token: TokenAccess
    package let startedAt: Instant
    package let startedWall: Int64
    let rules: ExchangeStateMachine.Rules

    package init(
        configuration: Configuration, profile: TransportProfile, token: TokenAccess, metrics: Metrics,
        tokenMetrics: TokenMetrics, log: Log, clients: ClientDirectory, connectionLimit: Int, now: TokenTime
    ) {
        self.configuration = configuration
        self.profile = profile
        self.token = token
        self.metrics = metrics
        self.tokenMetrics = tokenMetrics
        self.log = log
        self.clients = clients
        let hasAdmin = configuration.adminListen != nil
        router = Router(
            paths: configuration.paths, upstream: configuration.upstream, surface: hasAdmin ? .clients : .all)
        adminRouter = Router(paths: configuration.paths, upstream: configuration.upstream, surface: .admin)
        fieldPolicy = RequestFieldPolicy(upstream: configuration.upstream)
        splicer = BodySplicer(configuration.edits)
        models = configuration.paths.models.map { ModelList($0) }
        gate = ConcurrencyGate(limit: configuration.limits.maxInflight, places: configuration.limits.queue)
        bodies = ByteBudget(limit: configuration.limits.bodyBudget)
        connections = ConnectionCount(limit: connectionLimit)
        startedAt = now.instant
        startedWall = now.wallNanoseconds
        rules = ExchangeStateMachine.Rules(
            canRenew: configuration.token.source.isRenewable,
            reauth: ReauthBodyRules(configuration.token.reauthRules), retry: configuration.retry)
    }
}

/// The token as loops see it: the door for the common case, the cache for the rest.
///
/// `cache` is nil for the source `none`.
package struct TokenAccess: Sendable {
    package let door: TokenDoor
    package let cache: TokenCache?
    package init(cache: TokenCache?) {
        self.cache = cache
        door = cache?.door ?? .unneeded()
    }
}
