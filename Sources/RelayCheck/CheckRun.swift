// SPDX-License-Identifier: Apache-2.0
import RelayBase
package import RelayCore
import RelayLoop
import RelayUpstream

/// One check from the first step to the last.
///
/// It makes its calls with the relay's own transport, profiles, router, field policy and token cache, so that what
/// passes here passes there.
package struct CheckRun {
    let setup: CheckSetup
    private let observer: CheckObserver
    private(set) var report = CheckReport()
    private var startedAt = MonotonicClock.now
    /// Verdicts on streams, for comparing the two ways.
    var streams: [CheckSide: StreamTimeline.Verdict] = [:]

    package init(_ setup: CheckSetup, _ observer: CheckObserver) { (self.setup, self.observer) = (setup, observer) }

    /// - Throws: `SystemCallError` when this machine has no descriptor or thread left.
    package mutating func run() async throws -> CheckReport {
        switch setup.configuration {
        case nil: skip(CheckStep(.configuration), Sentence("no upstream is configured here", "此处未配置上游"))
        case .failure(let errors):
            begin(CheckStep(.configuration))
            fail(
                CheckStep(.configuration),
                errors.problems.map { CheckFinding($0) } + errors.warnings.map { CheckFinding(warning: $0) })
            skip(CheckStep(.token), needing: CheckStep(.configuration))
            for kind in [CheckStep.Kind.models, .chat, .stream] {
                skip(CheckStep(kind, setup.relay == nil ? nil : .upstream), needing: CheckStep(.configuration))
            }
        case .success(let loaded): try await checkDirectly(loaded)
        }
        if let relay = setup.relay { try await check(relay) }
        compare()
        return report
    }

    private mutating func compare() {
        guard let direct = streams[.upstream], let relayed = streams[.relay] else { return }
        let step = CheckStep(.comparison)
        begin(step)
        if let finding = CheckFinding.comparison(direct: direct, relayed: relayed) { return fail(step, [finding]) }
        let detail: Sentence =
            direct == .flowing && relayed == .flowing
            ? Sentence("both stream", "均为流式") : Sentence("nothing to tell them apart", "未见差异")
        pass(step, detail)
    }

    // MARK: Steps

    /// A step begins now: its time counts from here.
    mutating func begin(_ step: CheckStep) {
        startedAt = MonotonicClock.now
        observer.began(step)
    }

    mutating func end(_ result: CheckResult) {
        report.append(result)
        observer.ended(result)
    }

    mutating func pass(_ step: CheckStep, _ detail: Sentence) { pass(step, detail, time: elapsed) }

    /// - Parameter time: nil if it is not known.
    mutating func pass(_ step: CheckStep, _ detail: Sentence, time: Duration?) {
        end(CheckResult(step, .passed, time: time, detail: detail))
    }

    mutating func warn(_ step: CheckStep, _ findings: [CheckFinding], _ detail: Sentence = Sentence(same: "")) {
        end(CheckResult(step, findings.isEmpty ? .passed : .warned(findings), time: elapsed, detail: detail))
    }

    mutating func fail(_ step: CheckStep, _ findings: [CheckFinding], time: Duration? = nil) {
        end(CheckResult(step, .failed(findings), time: time ?? elapsed))
    }

    mutating func skip(_ step: CheckStep, _ why: Sentence) {
        end(CheckResult(step, .skipped, time: nil, detail: why))
    }

    mutating func skip(_ step: CheckStep, needing other: CheckStep) {
        skip(step, Sentence("needs \(other.label.english)", "依赖：\(other.label.chinese)"))
    }

    var elapsed: Duration { MonotonicClock.now - startedAt }

    // MARK: Without a relay

    private mutating func checkDirectly(_ loaded: Configuration.Loaded) async throws {
        let step = CheckStep(.configuration)
        begin(step)
        let configuration = loaded.configuration
        let limit = configuration.clocks.connect
        let (profile, issuerProfile): (TransportProfile, TransportProfile)
        do {
            profile = try TransportProfile(
                configuration.upstream.transport, connectTimeout: limit, readFile: setup.readFile)
            issuerProfile = try TransportProfile(
                configuration.token.transport, connectTimeout: limit, readFile: setup.readFile)
        } catch {
            return fail(step, [CheckFinding(ConfigurationProblem("RELAY_UPSTREAM_CA_FILE", error.description))])
        }
        let named = loaded.values.count { $0.origin == .environment || $0.origin == .file }
        warn(
            step, loaded.warnings.map { CheckFinding(warning: $0) },
            Sentence("\(named) variables are set", "已设置 \(named) 个变量"))

        let loop = try ProbeLoop(issuerProfile: issuerProfile)
        defer { loop.stop() }
        var clocks: [ClockReading] = []
        var blocked: CheckStep?
        if let place = configuration.issuerPlace {
            blocked = await connect(to: place, issuerProfile, configuration.token.transport, &clocks, host: nil)
        }
        var upstreamBlocked: CheckStep?
        let places = configuration.upstreamPlaces
        for place in places {
            let failed = await connect(
                to: place, profile, configuration.upstream.transport, &clocks,
                host: places.count > 1 ? place.address : nil)
            upstreamBlocked = upstreamBlocked ?? failed
        }
        checkClocks(clocks)
        let token = await fetchToken(configuration, loop, blockedBy: blocked)
        let client = DirectClient(configuration, profile, loop, token.cache, limit: setup.limit)
        await checkAPI(client, blockedBy: upstreamBlocked ?? token.blocked)
        await token.cache?.stop()
    }
}
