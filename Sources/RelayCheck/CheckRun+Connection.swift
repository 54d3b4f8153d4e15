// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import RelayLoop
import RelayUpstream

/// A server's clock less this machine's.
struct ClockReading: Sendable {
    let place: CheckPlace
    let offset: Duration

    /// - Parameter date: the `Date` field; whole seconds, so half a second is added.
    init?(_ date: String?, at place: CheckPlace) {
        guard let date, let milliseconds = DateText.http(date) else { return nil }
        self.place = place
        offset = .milliseconds(milliseconds + 500 - MonotonicClock.wallNanoseconds / 1_000_000)
    }
}

extension CheckRun {
    /// DNS, TCP and TLS of one host.
    ///
    /// - Returns: the step that failed, if one did.
    mutating func connect(
        to place: CheckPlace, _ profile: TransportProfile, _ transport: TransportConfiguration,
        _ clocks: inout [ClockReading], host: String?
    ) async -> CheckStep? {
        let steps = (
            dns: CheckStep(.dns, place.side, host: host), tcp: CheckStep(.tcp, place.side, host: host),
            tls: CheckStep(.tls, place.side, host: host)
        )
        begin(steps.dns)
        let answerLimit = min(setup.limit, .seconds(3))
        let probe = await Self.probe(place, profile, answerLimit: answerLimit)
        if let reading = ClockReading(probe.date, at: place) { clocks.append(reading) }

        let proxy = ProxySituation(transport.proxy, isSecure: place.isSecure, variables: setup.environment)
        let isProxied = proxy.isUsed && probe.port != Int(place.port)
        var fault: CheckFinding?
        if let failure = probe.failure {
            var description = TransportFault(failure.checkKind, detail: failure.detail)
            (description.verifyResult, description.chain) = (probe.verifyResult, probe.chain)
            (description.proxy, description.isProxied) = (proxy, isProxied && probe.times.connected == nil)
            fault = CheckFinding(description, at: place)
        }
        let kind = probe.failure?.kind
        let address = probe.address.isEmpty ? place.host : probe.address

        // A proxy that says no is a way that does not lead there, whichever part libcurl was at.
        let isUnresolved = kind == .unresolved || (kind == .connectTimeout && probe.times.resolved == nil)
        if let fault, isUnresolved {
            fail(steps.dns, [fault])
            skip(steps.tcp, needing: steps.dns)
            if place.isSecure { skip(steps.tls, needing: steps.dns) }
            return steps.dns
        }
        let resolved = probe.times.resolved ?? .zero
        pass(steps.dns, Self.resolution(of: place, address, isProxied: isProxied), time: resolved)

        let connected = probe.times.connected
        let isTLS = kind == .tls || probe.failure?.detail.contains("SSL") == true || connected != nil
        if let fault, kind == .proxy || !isTLS || !place.isSecure {
            fail(steps.tcp, [fault], time: max(.zero, elapsed - resolved))
            if place.isSecure { skip(steps.tls, needing: steps.tcp) }
            return steps.tcp
        }
        let shown = SafeText.printable(address, limit: 80)
        pass(
            steps.tcp,
            isProxied
                ? Sentence("through the proxy \(shown) port \(probe.port)", "经代理 \(shown) 端口 \(probe.port)")
                : Sentence("port \(place.port)", "端口 \(place.port)"),
            time: connected.map { max(.zero, $0 - resolved) })

        guard place.isSecure else { return nil }
        let time = max(.zero, (probe.times.secured ?? elapsed) - (connected ?? resolved))
        if let fault {
            fail(steps.tls, [fault], time: time)
            return steps.tls
        }
        let issuer = probe.chain.first.map { SafeText.printable($0.issuer, limit: 100) } ?? ""
        pass(
            steps.tls,
            transport.verify
                ? Sentence("certificate issued by \"\(issuer)\"", "证书签发者 \"\(issuer)\"")
                : Sentence(
                    "not verified (\(place.side.prefix)TLS_VERIFY=false)", "未验证（\(place.side.prefix)TLS_VERIFY=false）"),
            time: time)
        return nil
    }

    private static func resolution(of place: CheckPlace, _ address: String, isProxied: Bool) -> Sentence {
        if isProxied { return Sentence("left to the proxy", "由代理解析") }
        if place.isLiteral { return Sentence("\(place.host) is an address", "\(place.host) 是 IP 地址") }
        let shown = SafeText.printable(address, limit: 80)
        return Sentence("\(place.host) is \(shown)", "\(place.host) 解析为 \(shown)")
    }

    /// libcurl's blocking call gets a thread of its own.
    private static func probe(
        _ place: CheckPlace, _ profile: TransportProfile, answerLimit: Duration
    ) async -> ConnectionProbe {
        await withCheckedContinuation { continuation in
            let started = try? LoopThread(name: "probe") {
                continuation.resume(
                    returning: ConnectionProbe.run(origin: place.origin, profile: profile, answerLimit: answerLimit))
            }
            if started == nil {
                var probe = ConnectionProbe()
                probe.failure = UpstreamFailure(.outOfResources, detail: "no thread left")
                continuation.resume(returning: probe)
            }
        }
    }

    mutating func checkClocks(_ readings: [ClockReading]) {
        let step = CheckStep(.clock)
        guard !readings.isEmpty else {
            return skip(step, Sentence("no answer said what time it is", "没有应答给出时间"))
        }
        begin(step)
        let findings = readings.compactMap { CheckFinding(clockOffset: $0.offset, against: $0.place) }
        let most = readings.map { abs($0.offset.nanoseconds / 1_000_000_000) }.max() ?? 0
        warn(
            step, findings,
            Sentence(
                "within \(most + 1) s of \(readings.count == 1 ? "the server" : "the servers")",
                "与服务器相差不超过 \(most + 1) 秒"))
    }
}
