// SPDX-License-Identifier: Apache-2.0

extension CheckFinding {
    /// What a relay's own error answer means; nil if the relay did not write it.
    package init?(relayed answer: CheckAnswer, path: String) {
        guard let code = answer.relayCode else { return nil }
        switch code {
        case "client_key_rejected": self = Self.keyRefused
        case "token_unavailable":
            self.init(
                .relayNotReady, cause: Sentence("the relay has no token (\(code))", "中继没有可用令牌（\(code)）"),
                cure: Self.checkThere)
        case "unknown_endpoint", "method_not_allowed":
            let shown = SafeText.printable(path, limit: 160)
            self.init(
                .relayPathUnknown,
                cause: Sentence("the relay does not serve \(shown) (\(code))", "中继不提供 \(shown)（\(code)）"),
                cure: Sentence(
                    "check the path of --url; the relay's RELAY_BASE_PATH must name what stands before /v1",
                    "检查 --url 的路径；/v1 之前的部分须写入中继的 RELAY_BASE_PATH"))
        case _
        where code.hasPrefix("upstream_") || code == "overloaded" || code == "draining" || code == "rate_limited":
            let shown = ConfigurationValue.isToken(code) ? code : "relay_error"
            self.init(
                .relayUpstreamFailed,
                cause: Sentence(
                    "the relay could not get an answer (\(answer.status) \(shown))",
                    "中继未能取得应答（\(answer.status) \(shown)）"),
                cure: Self.checkThere)
        default:
            let shown = ConfigurationValue.isToken(code) ? SafeText.printable(code, limit: 40) : "relay_error"
            self.init(
                .relayRefused,
                cause: Sentence("the relay refused (\(answer.status) \(shown))", "中继拒绝了请求（\(answer.status) \(shown)）"),
                cure: Sentence("see the relay's log for this request", "查看中继日志中的该请求"))
        }
    }

    private static var keyRefused: CheckFinding {
        CheckFinding(
            .relayKeyRefused, cause: Sentence("the relay wants a client key, and not this one", "中继要求客户端密钥，且不接受当前的密钥"),
            cure: Sentence(
                "give one of its RELAY_CLIENT_KEYS in RELAY_CHECK_KEY", "用 RELAY_CHECK_KEY 提供其 RELAY_CLIENT_KEYS 中的一个"))
    }

    private static var checkThere: Sentence {
        Sentence(
            "run tokenrelay check without --url, with the relay's own environment: it names the cause",
            "请使用中继自身的环境变量、不带 --url 运行 tokenrelay check，即可得知原因")
    }

    /// What `/readyz` says; nil if the relay is ready.
    ///
    /// - Parameter address: host and port asked.
    package init?(readiness answer: CheckAnswer, address: String) {
        if answer.status == 200 { return nil }
        guard answer.status == 503, let reason = answer.json?["reason"]?.stringValue else {
            self.init(
                .relayPathUnknown,
                cause: Sentence(
                    "what answers at \(address) is not a relay (\(answer.status) for /readyz)",
                    "\(address) 上应答的不是中继（/readyz 返回 \(answer.status)）"),
                cure: Sentence("check host and port of --url", "检查 --url 的主机和端口"))
            return
        }
        let shown = SafeText.printable(reason, limit: 120)
        self.init(
            .relayNotReady, cause: Sentence("the relay is not ready: \(shown)", "中继尚未就绪：\(shown)"),
            cure: Self.checkThere)
    }
}
