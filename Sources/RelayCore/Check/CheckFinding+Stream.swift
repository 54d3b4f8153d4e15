// SPDX-License-Identifier: Apache-2.0
package import HTTPWire

extension CheckFinding {
    /// What is wrong with a streamed answer, worst first; empty if nothing is.
    ///
    /// - Parameter slow: the longest a client waits for the first piece; RAGFlow gives 10 s when a model is added.
    package static func findings(
        _ timeline: StreamTimeline, fields: FieldSection, slow: Duration, side: CheckSide
    ) -> [CheckFinding] {
        let type = CheckAnswer(status: 200, fields: fields, body: []).mediaType
        if type != "text/event-stream" { return [ignored(SafeText.printable(type, limit: 60))] }
        if timeline.hasError {
            return [
                CheckFinding(
                    .streamError,
                    cause: Sentence("the stream ended with an error event", "流以错误事件结束"),
                    cure: Sentence(
                        "see the gateway's log (and the relay's, by request id) at this time", "查看此刻网关（以及中继，按请求 id）的日志")
                )
            ]
        }
        var findings: [CheckFinding] = []
        if !timeline.isComplete {
            findings.append(
                CheckFinding(
                    .streamError,
                    cause: Sentence(
                        "the stream ended without [DONE] or a finish_reason", "流没有以 [DONE] 或 finish_reason 结束"),
                    cure: Sentence(
                        "something cut it off: look for time limits and size limits on the way", "途中被截断：检查沿途的时间和大小限制")))
        }
        if timeline.verdict == .oneLump { findings.append(oneLump(timeline, fields, side)) }
        if let first = timeline.firstPiece, first > slow {
            findings.append(
                CheckFinding(
                    .firstPieceSlow,
                    cause: Sentence(
                        "the first piece took \(CheckText.text(first)), more than \(CheckText.text(slow))",
                        "首个数据块用时 \(CheckText.text(first))，超过 \(CheckText.text(slow))"),
                    cure: Sentence(
                        "RAGFlow gives a model 10 s when it is added: use a faster model or wake this one up first (LLM_TIMEOUT_SECONDS in RAGFlow raises the limit)",
                        "RAGFlow 添加模型时只等待 10 秒：换用更快的模型或先预热（在 RAGFlow 中可用 LLM_TIMEOUT_SECONDS 调大）")))
        }
        return findings
    }

    private static func ignored(_ type: String) -> CheckFinding {
        CheckFinding(
            .streamIgnored,
            cause: Sentence(
                "a streamed answer was asked for, but the answer is \(type.isEmpty ? "without a media type" : type), not text/event-stream",
                "请求了流式应答，但返回的是 \(type.isEmpty ? "未标明类型的内容" : type)，而不是 text/event-stream"),
            cure: Sentence(
                "the gateway or this model does not stream: ask for it to be switched on", "网关或该模型不支持流式输出，请申请开启"))
    }

    private static func oneLump(_ timeline: StreamTimeline, _ fields: FieldSection, _ side: CheckSide) -> CheckFinding {
        let coding = fields.value(of: "content-encoding").map { SafeText.printable($0, limit: 20) }
        let why = coding.map { Sentence(" (it is compressed: \($0))", "（经过压缩：\($0)）") } ?? Sentence(same: "")
        let culprit =
            side == .relay
            ? Sentence(
                "run the check without --url where the relay runs, which tells whether the gateway or something after the relay collects it",
                "请在中继所在机器上不带 --url 再运行一次，即可判断是网关还是中继之后的设备在缓冲")
            : Sentence(
                "the gateway or a proxy before it collects the stream: proxy_buffering off in nginx, no compression of text/event-stream",
                "网关或其前面的代理在缓冲：nginx 请设置 proxy_buffering off，且不要压缩 text/event-stream")
        return CheckFinding(
            .streamInOneLump,
            cause: Sentence(
                "all \(timeline.events) events came in one lump after \(CheckText.text(timeline.total))\(why.english)",
                "全部 \(timeline.events) 个事件在 \(CheckText.text(timeline.total)) 后一次到达\(why.chinese)"),
            cure: culprit)
    }

    /// Who collects, from the same answer taken directly and through the relay; nil if nobody does or nobody can tell.
    package static func comparison(direct: StreamTimeline.Verdict, relayed: StreamTimeline.Verdict) -> CheckFinding? {
        switch (direct, relayed) {
        case (.oneLump, _):
            CheckFinding(
                .buffersAtGateway,
                cause: Sentence("the stream is collected before it reaches the relay", "流在到达中继之前就被缓冲"),
                cure: Sentence(
                    "the relay is not at fault: see the gateway and the proxies before it", "与中继无关：请检查网关及其前面的代理"))
        case (.flowing, .oneLump):
            CheckFinding(
                .buffersAtRelay,
                cause: Sentence(
                    "the gateway streams, but what comes through the relay's address arrives in one lump",
                    "网关正常流式输出，但经中继地址到达时成了一整块"),
                cure: Sentence(
                    "something between the relay and here collects it: proxy_buffering off in the nginx before the relay; no compression there",
                    "中继与此处之间有设备在缓冲：中继前的 nginx 请设置 proxy_buffering off 且关闭压缩"))
        default: nil
        }
    }
}
