// SPDX-License-Identifier: Apache-2.0
import RelayBase

extension CheckFinding {
    /// A configuration problem in the words `serve` uses: predicate, range and cure in one text.
    package init(_ problem: ConfigurationProblem) {
        let isMissing = problem.text.hasPrefix("is required") || problem.text.contains("is set without")
        self.init(
            isMissing ? .variableMissing : .variableMalformed, cause: Sentence(same: problem.description),
            cure: Sentence(
                "see \(problem.variable) in tokenrelay env, which explains every variable",
                "运行 tokenrelay env 查看 \(problem.variable) 的说明"))
    }

    /// What `serve` warns of at its start.
    package init(warning: ConfigurationProblem) {
        self.init(.configurationWarning, cause: Sentence(same: warning.description), cure: Sentence(same: ""))
    }

    /// A call without an answer within its limit.
    package static func noAnswer(within limit: Duration) -> CheckFinding {
        let time = CheckText.text(limit)
        return CheckFinding(
            .answerTimeout, cause: Sentence("no whole answer within \(time)", "\(time) 内没有完整应答"),
            cure: Sentence(
                "a model that is being loaded needs longer: try again, or with --timeout 5m; else look at the gateway",
                "模型加载中可能需要更久：请重试或使用 --timeout 5m；否则检查网关"))
    }

    /// This machine's clock against a server's `Date`; nil within the half minute that does no harm.
    ///
    /// - Parameter offset: server less machine.
    package init?(clockOffset offset: Duration, against place: CheckPlace) {
        let seconds = offset.nanoseconds / 1_000_000_000
        guard abs(seconds) > Self.clockTolerance else { return nil }
        let way = seconds > 0 ? Sentence("behind", "慢") : Sentence("ahead of", "快")
        self.init(
            .clockOff,
            cause: Sentence(
                "this machine's clock is \(abs(seconds)) s \(way.english) that of \(place.address)",
                "本机时钟比 \(place.address) \(way.chinese) \(abs(seconds)) 秒"),
            cure: Sentence(
                "set the clock (chrony, ntpd; a container has its host's): tokens will seem to end too soon or too late",
                "请校准时钟（chrony、ntpd；容器使用宿主机时钟），否则令牌会过早或过晚失效"))
    }

    static let clockTolerance: Int64 = 30

    /// The gateway answers at the same URL with `/v1` added or removed.
    package static func versionSegment(path: String, better: String) -> CheckFinding {
        let (path, better) = (SafeText.printable(path, limit: 160), SafeText.printable(better, limit: 160))
        return CheckFinding(
            .versionSegment,
            cause: Sentence("the gateway knows no \(path), but answers at \(better)", "网关没有 \(path)，但 \(better) 有应答"),
            cure: Sentence("set RELAY_UPSTREAM_URL=\(better)", "请设置 RELAY_UPSTREAM_URL=\(better)"))
    }

    /// The gateway has no list of models, which is harmless.
    package static func modelListMissing(status: Int) -> CheckFinding {
        CheckFinding(
            .modelListMissing,
            cause: Sentence(
                "the gateway has no list of models (\(status)); clients get an empty one",
                "网关不提供模型列表（\(status)）；客户端将得到空列表"),
            cure: Sentence("list them in RELAY_MODELS, so that clients can choose", "请在 RELAY_MODELS 中列出，供客户端选择"))
    }
}

extension UpstreamTarget {
    /// The variable that holds this target's URL.
    package var variable: String { template.variable }
}
