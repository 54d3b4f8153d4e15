// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import Testing

/// A token's lifecycle under a clock set by hand, with the issuer's answers given by the test.
///
/// It checks on every action what must hold always: one fetch at a time, one answer a request, no ended token handed
/// out, generations strictly increasing, and nothing due left undone.
struct TokenBench {
    struct Fetch {
        let id: UInt64
        let context: TokenFetchContext
    }

    static let origin = Instant(nanoseconds: 1_000_000_000_000)

    var lifecycle: TokenLifecycle
    var now = TokenTime(instant: origin, wallNanoseconds: 1_764_000_000_000_000_000)
    var draw = 0.5
    /// The fetch in flight, and those that ran out of time.
    var fetch: Fetch?
    var cancelled: [UInt64] = []
    var fetches: [Fetch] = []
    var answers: [UInt64: Result<AccessToken, TokenUnavailable>] = [:]
    var waiting: Set<UInt64> = []
    var reports: [TokenRenewalReport] = []
    var warnings: [TokenWarning] = []
    private var lastID: UInt64 = 0
    private var lastGeneration: UInt64 = 0
    /// The back-off the issuer was promised, and when a renewal was last forced with success.
    private var quietUntil: Instant?
    private var forcedAt: Instant?
    private let forceInterval: Duration

    init(traits: TokenSourceTraits = TokenSourceTraits(), _ change: (inout TokenRenewal) -> Void = { _ in }) {
        var renewal = TokenRenewal()
        renewal.jitter = 0
        change(&renewal)
        lifecycle = TokenLifecycle(renewal: renewal, traits: traits)
        forceInterval = traits.isLocal ? .seconds(1) : renewal.forceMinimumInterval
    }

    /// A bench whose token of 300 s was fetched at once, at second 0.
    static func holdingToken(
        lifetime: Duration? = .seconds(300), traits: TokenSourceTraits = TokenSourceTraits(),
        _ change: (inout TokenRenewal) -> Void = { _ in }
    ) -> TokenBench {
        var bench = TokenBench(traits: traits, change)
        bench.start()
        bench.succeed("one", lifetime: lifetime)
        return bench
    }

    /// Seconds since the bench was made.
    var seconds: Double { (now.instant - Self.origin).seconds }
    var status: TokenStatus { lifecycle.status(at: now) }
    var triggers: [TokenTrigger] { fetches.map(\.context.trigger) }

    func value(_ id: UInt64) -> String? { try? answers[id]?.get().value.reveal }
    func error(_ id: UInt64) -> TokenUnavailable? {
        if case .failure(let error) = answers[id] { error } else { nil }
    }

    // MARK: Events

    mutating func start() { take(lifecycle.started(at: now)) }
    mutating func reset(renewsFresh: Bool = false) {
        (quietUntil, forcedAt) = (nil, nil)
        take(lifecycle.reset(at: now, renewsFresh: renewsFresh))
    }

    mutating func stop() { take(lifecycle.stopped(at: now)) }
    mutating func sourceChanged() {
        quietUntil = nil
        take(lifecycle.sourceChanged(at: now))
    }

    mutating func leave(_ id: UInt64) { take(lifecycle.waiterLeft(id, at: now)) }
    mutating func replayEnded(_ generation: UInt64, cured: Bool) {
        take(lifecycle.replayEnded(generation, cured: cured, at: now))
    }

    mutating func want(deadline: Instant? = nil) -> UInt64 {
        let id = makeID()
        take(lifecycle.tokenWanted(by: id, deadline: deadline, at: now))
        return id
    }

    mutating func reject(_ generation: UInt64) -> UInt64 {
        let id = makeID()
        take(lifecycle.rejected(generation, by: id, at: now))
        return id
    }

    /// The value a request gets at once, or nil if it has to wait or is refused.
    mutating func valueAtOnce() -> String? {
        let id = want()
        return value(id)
    }

    /// Why a request, or one refused with the token of `generation`, is refused at once.
    mutating func errorAtOnce(rejecting generation: UInt64? = nil) -> TokenUnavailable? {
        let id = if let generation { reject(generation) } else { want() }
        return error(id)
    }

    mutating func succeed(_ value: String, lifetime: Duration? = .seconds(300), refreshIn: Duration? = nil) {
        guard let fetch else {
            Issue.record("no fetch in flight")
            return
        }
        end(fetch, .success(TokenGrant(value: Secret(value), lifetime: lifetime, refreshIn: refreshIn)))
    }

    mutating func fail(_ cause: TokenFetchFailure.Cause = .transport(.refused, detail: ""), retryAfter: Duration? = nil)
    {
        guard let fetch else {
            Issue.record("no fetch in flight")
            return
        }
        end(fetch, .failure(TokenFetchFailure(cause, retryAfter: retryAfter)))
    }

    mutating func end(_ ended: Fetch, _ result: Result<TokenGrant, TokenFetchFailure>) {
        if fetch?.id == ended.id { fetch = nil }
        switch result {
        case .success(let grant): take(lifecycle.fetchSucceeded(ended.id, grant, at: now, draw: draw))
        case .failure(let failure): take(lifecycle.fetchFailed(ended.id, failure, at: now, draw: draw))
        }
    }

    /// Lets time pass, waking the lifecycle whenever it asked for it.
    mutating func advance(to second: Double) {
        let target = Self.origin + .milliseconds(Int64((second * 1000).rounded()))
        while let wake = lifecycle.nextWake(after: now), wake > now.instant, wake <= target {
            pass(to: wake)
            wakeUp()
        }
        pass(to: target)
    }

    mutating func advance(by duration: Duration) { advance(to: seconds + duration.seconds) }

    /// Lets time pass without waking anyone, as a suspended machine does.
    mutating func pass(to instant: Instant) {
        guard instant > now.instant else { return }
        now.wallNanoseconds += (instant - now.instant).nanoseconds
        now.instant = instant
    }

    mutating func wakeUp() {
        take(lifecycle.woke(at: now, draw: draw))
        if let wake = lifecycle.nextWake(after: now) { #expect(wake > now.instant, "something due was left undone") }
    }

    // MARK: Checks

    private mutating func makeID() -> UInt64 {
        lastID += 1
        waiting.insert(lastID)
        return lastID
    }

    private mutating func take(_ actions: [TokenAction]) {
        for action in actions {
            switch action {
            case .startFetch(let id, let context):
                checkStart(context.trigger)
                #expect(fetch == nil, "two fetches at once")
                fetch = Fetch(id: id, context: context)
                fetches.append(Fetch(id: id, context: context))
            case .cancelFetch(let id):
                #expect(fetch?.id == id)
                fetch = nil
                cancelled.append(id)
            case .resume(let id, let result):
                #expect(waiting.remove(id) != nil, "answered twice")
                answers[id] = result
                if case .success(let token) = result {
                    #expect(!token.hasEnded(at: now), "an ended token was handed out")
                }
            case .report(.renewal(let report)): check(report)
            case .report(.warning(let warning)): warnings.append(warning)
            }
        }
        #expect(status.waiters == waiting.count)
    }

    /// The issuer's load: back-off after a failure, an interval between forced renewals.
    private mutating func checkStart(_ trigger: TokenTrigger) {
        if let quietUntil { #expect(now.instant >= quietUntil, "back-off was not kept") }
        guard trigger == .forced else { return }
        if let forcedAt { #expect(now.instant - forcedAt >= forceInterval, "cool-down was not kept") }
        forcedAt = now.instant
    }

    private mutating func check(_ report: TokenRenewalReport) {
        reports.append(report)
        switch report.result {
        case .adopted:
            #expect(report.generation > lastGeneration)
            lastGeneration = report.generation
            quietUntil = nil
        case .failed(_, let retryIn):
            #expect(retryIn >= .milliseconds(800) && retryIn <= .seconds(300))
            quietUntil = now.instant + retryIn
            if report.trigger == .forced { forcedAt = nil }
        }
    }
}
