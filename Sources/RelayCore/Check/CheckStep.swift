// SPDX-License-Identifier: Apache-2.0

/// One step of a check.
package struct CheckStep: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case configuration, dns, tcp, tls, clock, token, readiness, models, chat, stream, embeddings, rerank, comparison
    }

    package let kind: Kind
    /// Whom it asks; nil where that is plain.
    package let side: CheckSide?
    /// Host and port, where one side has several.
    package let host: String?

    package init(_ kind: Kind, _ side: CheckSide? = nil, host: String? = nil) {
        (self.kind, self.side, self.host) = (kind, side, host)
    }

    /// The name in the JSON report, like `upstream_tls`.
    package var id: String { (side.map { $0.rawValue + "_" } ?? "") + kind.rawValue }

    /// The name for people.
    package var label: Sentence {
        guard let side else { return Self.name(kind) }
        let name = Self.name(kind)
        return Sentence("\(side.name.english) \(name.english)", "\(side.name.chinese) \(name.chinese)")
    }

    private static func name(_ kind: Kind) -> Sentence {
        switch kind {
        case .configuration: Sentence("configuration", "配置")
        case .dns: Sentence("DNS", "DNS")
        case .tcp: Sentence("TCP", "TCP")
        case .tls: Sentence("TLS", "TLS")
        case .clock: Sentence("clock", "时钟")
        case .token: Sentence("token", "令牌")
        case .readiness: Sentence("ready", "就绪")
        case .models: Sentence("models", "模型列表")
        case .chat: Sentence("chat", "对话")
        case .stream: Sentence("streamed chat", "流式对话")
        case .embeddings: Sentence("embeddings", "向量")
        case .rerank: Sentence("rerank", "重排序")
        case .comparison: Sentence("direct and relayed", "直连与中继对比")
        }
    }
}

/// How one step went.
package struct CheckResult: Sendable {
    package enum Outcome: Sendable {
        case passed
        /// It works, but someone should look.
        case warned([CheckFinding])
        case failed([CheckFinding])
        /// Not tried, and why.
        case skipped
    }

    package let step: CheckStep
    package let outcome: Outcome
    /// Nil for what was not tried.
    package let time: Duration?
    /// What was found out, or why the step was skipped.
    package let detail: Sentence
    /// Figures for machines, in order.
    package var figures: [(name: String, value: Double)] = []

    package init(_ step: CheckStep, _ outcome: Outcome, time: Duration?, detail: Sentence = Sentence(same: "")) {
        (self.step, self.outcome, self.time, self.detail) = (step, outcome, time, detail)
    }

    package var findings: [CheckFinding] {
        switch outcome {
        case .passed, .skipped: []
        case .warned(let findings), .failed(let findings): findings
        }
    }

    package var isFailed: Bool { if case .failed = outcome { true } else { false } }

    /// Whether what builds on it may be tried.
    package var isUsable: Bool {
        switch outcome {
        case .passed, .warned: true
        case .failed, .skipped: false
        }
    }

    /// `passed`, `warned`, `failed` or `skipped`.
    package var word: String {
        switch outcome {
        case .passed: "passed"
        case .warned: "warned"
        case .failed: "failed"
        case .skipped: "skipped"
        }
    }
}
