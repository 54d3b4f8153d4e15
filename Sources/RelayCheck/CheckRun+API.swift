// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayCore
import RelayUpstream

extension CheckRun {
    /// Models, chat, streamed chat, embeddings and rerank, one way.
    mutating func checkAPI(_ client: some CheckClient, blockedBy blocked: CheckStep?) async {
        let kinds: [CheckStep.Kind] = [.models, .chat, .stream, .embeddings, .rerank]
        if let blocked {
            for kind in kinds { skip(step(kind, client), needing: blocked) }
            return
        }
        var session = APISession(models: setup.models)
        await checkModels(client, &session)
        session.models = session.models.completed(from: session.known)
        for kind in kinds.dropFirst() { await check(kind, client, &session) }
    }

    /// What one way's steps learn from each other.
    struct APISession {
        var models: CheckModels
        /// What `models` listed.
        var known: [String] = []
        /// The step that shows that no other can work.
        var blocked: CheckStep?
        /// The plain chat, if it failed.
        var failedChat: CheckStep?
    }

    private func step(_ kind: CheckStep.Kind, _ client: some CheckClient) -> CheckStep {
        CheckStep(kind, setup.relay == nil ? nil : client.side)
    }

    // MARK: Models

    private mutating func checkModels(_ client: some CheckClient, _ session: inout APISession) async {
        let step = step(.models, client)
        begin(step)
        switch await client.prepare(.models, model: nil, body: nil) {
        case .notConfigured: skip(step, Sentence("no URL for it is configured", "未配置其 URL"))
        case .failed(let finding):
            fail(step, [finding])
            session.blocked = step
        case .listed(let ids):
            session.known = ids
            pass(
                step,
                Sentence(
                    "\(ids.count) in RELAY_MODELS, which the relay lists itself",
                    "RELAY_MODELS 中 \(ids.count) 个，由中继自行返回"))
        case .ready(let prepared):
            let probed = await client.loop.call(prepared.call)
            guard let answer = wholeAnswer(probed, client) else {
                fail(step, [noAnswer(probed, client)])
                session.blocked = step
                return
            }
            await judgeModels(answer, prepared, step, client, &session)
        }
    }

    private mutating func judgeModels(
        _ answer: CheckAnswer, _ prepared: PreparedCall, _ step: CheckStep, _ client: some CheckClient,
        _ session: inout APISession
    ) async {
        if client.side == .relay, let finding = CheckFinding(relayed: answer, path: prepared.about.path) {
            fail(step, [finding])
            session.blocked = step
            return
        }
        if let finding = CheckFinding(answer, to: prepared.about) {
            guard finding.code == .pathUnknown else {
                fail(step, [finding])
                if [.tokenRefused, .redirected, .proxyLogin].contains(finding.code) { session.blocked = step }
                return
            }
            if let better = await betterBase(prepared, client) {
                fail(step, [better])
                session.blocked = step
            } else if setup.models.chat != nil {
                warn(step, [.modelListMissing(status: answer.status)])
            } else {
                fail(step, [finding])
            }
            return
        }
        if let finding = CheckFinding.unexpected(answer, to: prepared.about) { return fail(step, [finding]) }
        session.known = answer.modelIDs ?? []
        let shown = session.known.prefix(4).map { SafeText.printable($0, limit: 40) }.joined(separator: ", ")
        let more = session.known.count > 4 ? ", …" : ""
        let count = session.known.count
        pass(step, Sentence("\(count): \(shown)\(more)", "\(count) 个：\(shown)\(more)"))
    }

    /// Whether the gateway's API begins one segment higher or lower.
    private func betterBase(_ prepared: PreparedCall, _ client: some CheckClient) async -> CheckFinding? {
        guard let direct = client as? DirectClient, let other = direct.alternative(to: prepared) else { return nil }
        let answer = await client.loop.call(other.call).answer
        guard let answer, answer.status == 200, answer.modelIDs != nil else { return nil }
        let base = direct.configuration.upstream.baseURL ?? ""
        return .versionSegment(path: base, better: other.base)
    }

    // MARK: Everything else

    private mutating func check(
        _ kind: CheckStep.Kind, _ client: some CheckClient, _ session: inout APISession
    ) async {
        let step = step(kind, client)
        if let blocked = session.blocked { return skip(step, needing: blocked) }
        if kind == .stream, let chat = session.failedChat { return skip(step, needing: chat) }
        guard let model = session.models[kind] else {
            let option = kind == .chat || kind == .stream ? "--model NAME" : "--model \(kind.rawValue)=NAME"
            return skip(step, Sentence("no model is known for it; name one: \(option)", "没有可用的模型，请指定：\(option)"))
        }
        begin(step)
        switch await client.prepare(kind, model: model, body: Self.body(kind, model)) {
        case .notConfigured, .listed: skip(step, Sentence("no URL for it is configured", "未配置其 URL"))
        case .failed(let finding): fail(step, [finding])
        case .ready(var prepared):
            prepared.about.known = session.known
            let probed = await client.loop.call(prepared.call)
            if kind == .stream {
                judgeStream(probed, prepared, step, client)
            } else {
                judge(probed, prepared, step, client)
                if let last = report.results.last, last.isFailed { remember(last, kind, &session) }
            }
        }
    }

    /// What a plain chat was refused for, a streamed one is as well; other kinds have models of their own.
    private func remember(_ result: CheckResult, _ kind: CheckStep.Kind, _ session: inout APISession) {
        if kind == .chat { session.failedChat = result.step }
        if result.findings.contains(where: { $0.code == .tokenRefused }) { session.blocked = result.step }
    }

    private static func body(_ kind: CheckStep.Kind, _ model: String) -> [UInt8] {
        switch kind {
        case .embeddings: CheckBody.embeddings(model: model)
        case .rerank: CheckBody.rerank(model: model)
        default: CheckBody.chat(model: model, isStreamed: kind == .stream)
        }
    }

    private mutating func judge(
        _ probed: ProbeAnswer, _ prepared: PreparedCall, _ step: CheckStep, _ client: some CheckClient
    ) {
        guard let answer = wholeAnswer(probed, client) else { return fail(step, [noAnswer(probed, client)]) }
        if let finding = finding(answer, prepared, client) ?? CheckFinding.unexpected(answer, to: prepared.about) {
            return fail(step, [finding])
        }
        pass(step, Sentence(same: SafeText.printable(prepared.about.model ?? "", limit: 60)))
    }

    private mutating func judgeStream(
        _ probed: ProbeAnswer, _ prepared: PreparedCall, _ step: CheckStep, _ client: some CheckClient
    ) {
        guard let answer = probed.answer, !probed.isTimedOut else { return fail(step, [noAnswer(probed, client)]) }
        if let finding = finding(answer, prepared, client) { return fail(step, [finding]) }
        let timeline = probed.timeline
        let findings = CheckFinding.findings(timeline, fields: answer.fields, slow: setup.slow, side: client.side)
        streams[client.side] = timeline.verdict
        let first = timeline.firstPiece ?? .zero
        var result = CheckResult(
            step, findings.isEmpty ? .passed : .failed(findings), time: elapsed, detail: Self.summary(of: timeline))
        result.figures = [
            ("pieces", Double(timeline.pieces)), ("events", Double(timeline.events)),
            ("first_piece_ms", first.seconds * 1_000), ("largest_gap_ms", timeline.largestGap.seconds * 1_000),
        ]
        end(result)
    }

    private static func summary(of timeline: StreamTimeline) -> Sentence {
        let first = CheckText.text(timeline.firstPiece ?? .zero)
        let gap = CheckText.text(timeline.largestGap)
        let verdict: Sentence =
            switch timeline.verdict {
            case .flowing: Sentence("nothing buffers", "无缓冲")
            case .oneLump: Sentence("buffered", "被缓冲")
            case .tooQuick: Sentence("too quick to tell whether anything buffers", "过快，无法判断是否有缓冲")
            case .tooShort: Sentence("too short to tell whether anything buffers", "过短，无法判断是否有缓冲")
            }
        return Sentence(
            "\(timeline.pieces) pieces, first after \(first), largest gap \(gap): \(verdict.english)",
            "\(timeline.pieces) 个数据块，首块 \(first)，最大间隔 \(gap)：\(verdict.chinese)")
    }

    // MARK: Reading answers

    private func wholeAnswer(_ probed: ProbeAnswer, _ client: some CheckClient) -> CheckAnswer? {
        probed.failure == nil ? probed.answer : nil
    }

    private func noAnswer(_ probed: ProbeAnswer, _ client: some CheckClient) -> CheckFinding {
        guard let failure = probed.failure, !probed.isTimedOut else { return .noAnswer(within: client.limit) }
        return client.finding(failure)
    }

    private func finding(
        _ answer: CheckAnswer, _ prepared: PreparedCall, _ client: some CheckClient
    ) -> CheckFinding? {
        if client.side == .relay, let finding = CheckFinding(relayed: answer, path: prepared.about.path) {
            return finding
        }
        return CheckFinding(answer, to: prepared.about)
    }
}
