// SPDX-License-Identifier: Apache-2.0
import HTTPWire

/// What a call to the API was about, for causes and cures.
package struct CheckCall: Sendable {
    package var kind: CheckStep.Kind
    /// The path asked for, without query.
    package var path: String
    /// The variable that decides where it went.
    package var variable: String
    package var model: String?
    /// Ids that `models` listed, if it did.
    package var known: [String]
    package var injection: Injection

    /// How the token went along.
    package enum Injection: Hashable, Sendable {
        case none
        /// The relay asked has put it there.
        case byRelay
        case header(name: String, scheme: String)
        case query(name: String)

        package init(_ upstream: UpstreamConfiguration, source: TokenSourceConfiguration) {
            if case .none = source {
                self = .none
            } else if let name = upstream.authQuery {
                self = .query(name: name)
            } else {
                self = .header(name: upstream.authHeader, scheme: upstream.authScheme)
            }
        }
    }

    package init(
        _ kind: CheckStep.Kind, path: String, variable: String, model: String?, known: [String] = [],
        injection: Injection
    ) {
        (self.kind, self.path, self.variable, self.model) = (kind, path, variable, model)
        (self.known, self.injection) = (known, injection)
    }
}

extension CheckFinding {
    /// What is wrong with a gateway's error answer; nil for 2xx.
    package init?(_ answer: CheckAnswer, to call: CheckCall) {
        let path = SafeText.printable(call.path, limit: 160)
        switch answer.status {
        case 200...299: return nil
        case 300...399: self = Self.redirected(answer, call)
        case _ where call.model != nil && answer.saysModelUnknown: self = Self.modelUnknown(call)
        case 401: self = Self.tokenRefused(answer, call.injection)
        case 403:
            self.init(
                .tokenForbidden,
                cause: Sentence(
                    "the gateway knows the token but does not allow this (403)", "网关认识该令牌，但不允许此操作（403）"),
                cure: Sentence(
                    "ask for the permission; a missing RELAY_OAUTH_SCOPE or RELAY_OAUTH_AUDIENCE, or this machine's address, are usual reasons",
                    "请申请权限；常见原因：缺少 RELAY_OAUTH_SCOPE 或 RELAY_OAUTH_AUDIENCE，或本机地址未放行"))
        case 404, 405, 410: self = Self.pathUnknown(answer.status, path, call)
        case 407:
            self.init(
                .proxyLogin,
                cause: Sentence("a proxy on the way asks for a name and password (407)", "途中的代理要求用户名和密码（407）"),
                cure: Sentence(
                    "put them into RELAY_UPSTREAM_PROXY: http://user:password@proxy:port, percent-encoded",
                    "写入 RELAY_UPSTREAM_PROXY：http://user:password@proxy:port（需百分号编码）"))
        case 429:
            self.init(
                .rateLimited, cause: Sentence("the gateway limits the rate (429)", "网关限流（429）"),
                cure: Sentence("wait, or ask for a higher limit", "请稍候，或申请更高额度"))
        case 400...499 where answer.wantsClientCertificate:
            self.init(
                .tlsClientCertificate,
                cause: Sentence(
                    "the gateway wants a client certificate (\(answer.status))", "网关要求客户端证书（\(answer.status)）"),
                cure: Sentence(
                    "set RELAY_UPSTREAM_CLIENT_CERT_FILE and RELAY_UPSTREAM_CLIENT_KEY_FILE",
                    "请设置 RELAY_UPSTREAM_CLIENT_CERT_FILE 与 RELAY_UPSTREAM_CLIENT_KEY_FILE"))
        case 400 where answer.wantsTLS:
            self.init(
                .tlsNeeded,
                cause: Sentence("this port speaks TLS, and was spoken to without it (400)", "该端口使用 TLS，而请求未加密（400）"),
                cure: Sentence("write https:// in \(call.variable)", "请在 \(call.variable) 中写 https://"))
        case 400...499: self = Self.requestRefused(answer, call)
        default:
            self.init(
                .upstreamFault,
                cause: Sentence("the gateway has a fault of its own (\(answer.status))", "网关自身出现故障（\(answer.status)）"),
                cure: Sentence(
                    "the fault is the gateway's: tell its owner the time and this status", "故障在网关，请将时间和状态码告知其负责人"))
        }
    }

    private static func redirected(_ answer: CheckAnswer, _ call: CheckCall) -> CheckFinding {
        let target = answer.fields.value(of: "location").map {
            " to \(SafeText.printable(CheckedURL.displayed($0), limit: 160))"
        }
        return CheckFinding(
            .redirected,
            cause: Sentence(
                "the gateway redirects (\(answer.status))\(target ?? "")", "网关返回重定向（\(answer.status)）\(target ?? "")"),
            cure: Sentence(
                "redirects are never followed: put the final address into \(call.variable); a login page means that the token was not looked at",
                "不会跟随重定向：请在 \(call.variable) 中填写最终地址；若跳转到登录页，说明网关没有识别令牌"))
    }

    private static func tokenRefused(_ answer: CheckAnswer, _ injection: CheckCall.Injection) -> CheckFinding {
        let sent: Sentence
        switch injection {
        case .none: sent = Sentence("no token was sent (RELAY_TOKEN_SOURCE=none)", "未发送令牌（RELAY_TOKEN_SOURCE=none）")
        case .byRelay: sent = Sentence("the relay sent it", "由中继发送")
        case .query(let name): sent = Sentence("it was sent as the query parameter \(name)", "发送方式：查询参数 \(name)")
        case .header(let name, let scheme):
            let form = scheme.isEmpty ? "\(name): <token>" : "\(name): \(scheme) <token>"
            sent = Sentence("it was sent as \"\(form)\"", "发送方式：\"\(form)\"")
        }
        let asked =
            answer.fields.value(of: "www-authenticate").map { String($0.prefix { $0 != " " && $0 != "," }) } ?? ""
        let wants = ConfigurationValue.isToken(asked) ? asked : ""
        return CheckFinding(
            .tokenRefused,
            cause: Sentence(
                "the gateway refused the token (401); \(sent.english)"
                    + (wants.isEmpty ? "" : ", it asks for \(wants)"),
                "网关拒绝了令牌（401）；\(sent.chinese)" + (wants.isEmpty ? "" : "，网关要求 \(wants)")),
            cure: Sentence(
                "see the gateway's manual for header and scheme: RELAY_UPSTREAM_AUTH_HEADER, RELAY_UPSTREAM_AUTH_SCHEME (empty: the bare token), RELAY_UPSTREAM_AUTH_QUERY; else the token is for another audience",
                "对照网关文档检查请求头与方案：RELAY_UPSTREAM_AUTH_HEADER、RELAY_UPSTREAM_AUTH_SCHEME（空表示仅令牌）、RELAY_UPSTREAM_AUTH_QUERY；否则令牌的 audience 不对"
            ))
    }

    private static func pathUnknown(_ status: Int, _ path: String, _ call: CheckCall) -> CheckFinding {
        let isBase = call.variable == "RELAY_UPSTREAM_URL"
        let hasVersion = path.hasSuffix("/v1/models") || path.contains("/v1/")
        let hint = hasVersion ? Sentence("leave /v1 out", "去掉 /v1") : Sentence("end it in /v1", "以 /v1 结尾")
        return CheckFinding(
            .pathUnknown, cause: Sentence("the gateway knows no \(path) (\(status))", "网关没有 \(path)（\(status)）"),
            cure: Sentence(
                isBase
                    ? "check the path in RELAY_UPSTREAM_URL (\(hint.english)?), or give this endpoint a URL of its own"
                    : "check the path in \(call.variable)",
                isBase
                    ? "检查 RELAY_UPSTREAM_URL 的路径（是否应\(hint.chinese)？），或为该接口单独指定 URL"
                    : "检查 \(call.variable) 的路径"))
    }

    private static func modelUnknown(_ call: CheckCall) -> CheckFinding {
        let model = SafeText.printable(call.model ?? "", limit: 80)
        let names = call.known.prefix(12).map { SafeText.printable($0, limit: 60) }.joined(separator: ", ")
        let more = call.known.count > 12 ? ", …" : ""
        return CheckFinding(
            .modelUnknown, cause: Sentence("the gateway has no model \"\(model)\"", "网关没有模型 \"\(model)\""),
            cure: call.known.isEmpty
                ? Sentence(
                    "ask the gateway's owner for the models' ids, and name one with --model",
                    "向网关负责人索取模型 id，并用 --model 指定")
                : Sentence("use one of these: \(names)\(more)", "请使用以下之一：\(names)\(more)"))
    }

    private static func requestRefused(_ answer: CheckAnswer, _ call: CheckCall) -> CheckFinding {
        // Of letters only: what holds digits and dashes could be a token that the gateway repeats.
        let word = answer.json?.errorCode ?? ""
        let isWord = word.utf8.allSatisfy { $0 == UInt8(ascii: "_") || ConfigurationValue.isLetter($0) }
        let code = isWord && !word.isEmpty ? " \"\(word)\"" : ""
        return CheckFinding(
            .requestRefused,
            cause: Sentence(
                "the gateway refused the request (\(answer.status)\(code))", "网关拒绝了请求（\(answer.status)\(code)）"),
            cure: Sentence(
                "a strict gateway may want other members or headers: RELAY_UPSTREAM_HEADERS, RELAY_DROP_FIELDS, or another --model for this kind",
                "严格的网关可能需要其他字段或请求头：RELAY_UPSTREAM_HEADERS、RELAY_DROP_FIELDS，或为该类型换一个 --model"))
    }

    /// A 2xx whose body is not what this endpoint gives; nil if it is.
    package static func unexpected(_ answer: CheckAnswer, to call: CheckCall) -> CheckFinding? {
        let member =
            switch call.kind {
            case .chat: "choices"
            case .rerank: "results"
            default: "data"
            }
        guard let json = answer.json else {
            return CheckFinding(
                .answerNotJSON,
                cause: Sentence("the answer is not JSON but \(answer.shape)", "应答不是 JSON，而是 \(answer.shape)"),
                cure: Sentence(
                    "check the path in \(call.variable): a web page comes from a portal or a login, not from the API",
                    "检查 \(call.variable) 的路径：网页来自门户或登录页，而不是 API"))
        }
        if let list = json[member]?.arrayValue, !list.isEmpty || call.kind == .models { return nil }
        return CheckFinding(
            .answerUnexpected,
            cause: Sentence(
                "the answer has no \(member); there is \(answer.shape)", "应答中没有 \(member)；实际为 \(answer.shape)"),
            cure: Sentence(
                "this is not OpenAI's shape, and clients will fail on it: check \(call.variable), or ask for the compatible path",
                "这不是 OpenAI 的格式，客户端会出错：检查 \(call.variable)，或索取兼容接口的路径"))
    }
}
