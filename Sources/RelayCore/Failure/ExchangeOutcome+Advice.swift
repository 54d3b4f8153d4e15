// SPDX-License-Identifier: Apache-2.0

extension ExchangeOutcome {
    /// Why it went wrong and what to do; nil if it did not.
    ///
    /// - Parameter status: what the client got.
    package func advice(status: Int) -> Advice? {
        switch self {
        case .ok: nil
        case .failed(let failure): failure.advice
        case .upstreamStatus: Self.adviceForUpstream(status)
        }
    }

    private static func adviceForUpstream(_ status: Int) -> Advice {
        switch status {
        case 401, 403:
            Advice(
                cause: Sentence("The gateway refused the credentials or the use of this model.", "网关拒绝了凭据，或不允许使用该模型。"),
                cure: Sentence(
                    "Check the token's rights, or RELAY_TOKEN if it is a fixed one.",
                    "检查令牌的权限；若为固定令牌，请检查 RELAY_TOKEN。"))
        case 404:
            Advice(
                cause: Sentence("The gateway knows neither this path nor perhaps this model.", "网关没有该路径，或没有该模型。"),
                cure: Sentence(
                    "Check the model's name and the path in RELAY_UPSTREAM_URL (it usually ends in /v1).",
                    "检查模型名称，以及 RELAY_UPSTREAM_URL 的路径（通常以 /v1 结尾）。"))
        case 429:
            Advice(
                cause: Sentence("The gateway limits how much may be asked of it.", "网关限制了请求量。"),
                cure: Sentence(
                    "Lower the client's concurrency or RELAY_MAX_INFLIGHT, or set RELAY_RETRY=connect=2,429=1.",
                    "降低客户端并发或 RELAY_MAX_INFLIGHT，或设置 RELAY_RETRY=connect=2,429=1。"))
        case 500...:
            Advice(
                cause: Sentence("The gateway reported a fault of its own.", "网关报告了自身的故障。"),
                cure: Sentence(
                    "Look at the gateway's log; the answer went to the client unchanged.", "请查看网关日志；该应答已原样转给客户端。"))
        default:
            Advice(
                cause: Sentence("The gateway did not accept the request.", "网关不接受该请求。"),
                cure: Sentence(
                    "The client has the gateway's own words; RELAY_DROP_FIELDS removes members it does not know.",
                    "客户端已收到网关的原始错误信息；可用 RELAY_DROP_FIELDS 去掉网关不认识的字段。"))
        }
    }
}
