// SPDX-License-Identifier: Apache-2.0

/// How a token is asked for, as far as cures depend on it.
package enum TokenRequestForm: Hashable, Sendable {
    case oauth2(OAuth2Configuration.ClientAuthentication)
    case template
    /// A file, a program, a fixed value.
    case local

    package init(_ source: TokenSourceConfiguration) {
        switch source {
        case .oauth2(let oauth): self = .oauth2(oauth.clientAuthentication)
        case .http: self = .template
        case .none, .fixed, .file, .exec: self = .local
        }
    }
}

extension CheckFinding {
    /// Why a fetch brought no token.
    ///
    /// - Parameter place: the issuer's; nil for sources on this machine.
    package init(
        _ failure: TokenFetchFailure, form: TokenRequestForm, place: CheckPlace?, proxy: ProxySituation = .none
    ) {
        let variable = place?.variable ?? "RELAY_TOKEN_SOURCE"
        switch failure.cause {
        case .transport(.timeout, _), .timeout:
            self.init(
                .answerTimeout,
                cause: Sentence("no token within RELAY_TOKEN_TIMEOUT", "未能在 RELAY_TOKEN_TIMEOUT 内获得令牌"),
                cure: Sentence(
                    "see whether the issuer is slow or its path is wrong (\(variable)); raise the limit if it is slow",
                    "检查签发方是否过慢或路径有误（\(variable)）；若只是慢，请调大该值"))
        case .transport(let kind, let detail):
            guard let place else { fallthrough }
            var fault = TransportFault(kind, detail: detail)
            fault.proxy = proxy
            self.init(fault, at: place)
        case .exec, .file, .secretUnavailable, .illegalToken, .expiredOnArrival: self = Self.local(failure)
        case .refused(let status, let code): self = Self.refused(status, code, failure, form, variable)
        case .unsuccessful(let code): self = Self.unsuccessful(code, failure, form)
        case .badAnswer(let reason): self = Self.badAnswer(reason, variable)
        }
    }

    private static func refused(
        _ status: Int, _ code: String?, _ failure: TokenFetchFailure, _ form: TokenRequestForm, _ variable: String
    ) -> CheckFinding {
        let said = failure.description
        switch (status, code) {
        case (300...399, _):
            return CheckFinding(
                .issuerRedirects,
                cause: Sentence("the issuer answered \(status), a redirect", "签发方返回 \(status)（重定向）"),
                cure: Sentence(
                    "redirects are never followed: put the final address into \(variable)",
                    "不会跟随重定向：请在 \(variable) 中填写最终地址"))
        case (404, _), (405, _), (410, _):
            return CheckFinding(
                .issuerPathWrong,
                cause: Sentence("the issuer knows no such path (\(status))", "签发方没有该路径（\(status)）"),
                cure: Sentence(
                    "check the path in \(variable); OpenID providers list it as token_endpoint in /.well-known/openid-configuration",
                    "检查 \(variable) 的路径；OpenID 服务在 /.well-known/openid-configuration 的 token_endpoint 中列出"))
        case (429, _):
            return CheckFinding(
                .issuerBusy, cause: Sentence("the issuer limits how often it may be asked (429)", "签发方限制了请求频率（429）"),
                cure: Sentence(
                    "wait a minute; let one relay renew and the others read its file (tokenrelay token --watch)",
                    "稍候再试；可由一个实例续期，其余读取其文件（tokenrelay token --watch）"))
        case (500..., _):
            return CheckFinding(
                .issuerFault, cause: Sentence(said, "签发方自身出现故障（\(status)）"),
                cure: Sentence("the fault is the issuer's: tell its owner", "故障在签发方，请联系其负责人"))
        case (_, "invalid_grant"), (_, "unauthorized_client"), (_, "unsupported_grant_type"), (_, "invalid_scope"),
            (_, "invalid_target"), (_, "access_denied"):
            return CheckFinding(
                .issuerRefusedGrant,
                cause: Sentence(
                    "\(said): it knows the client but does not give it this",
                    "签发方返回 \(status) \"\(code ?? "")\"：认识该客户端，但不予授权"),
                cure: Sentence(
                    "check RELAY_OAUTH_GRANT, RELAY_OAUTH_SCOPE, RELAY_OAUTH_AUDIENCE, and user name and password or refresh token",
                    "检查 RELAY_OAUTH_GRANT、RELAY_OAUTH_SCOPE、RELAY_OAUTH_AUDIENCE 以及用户名密码或 refresh token"))
        default: return refusedClient(status, said, form)
        }
    }

    private static func refusedClient(_ status: Int, _ said: String, _ form: TokenRequestForm) -> CheckFinding {
        guard case .oauth2(let authentication) = form else {
            return CheckFinding(
                .issuerRefusedRequest, cause: Sentence(said, "签发方拒绝了登录请求（\(status)）"),
                cure: Sentence(
                    "check the credentials and names in RELAY_TOKEN_HTTP_BODY and RELAY_TOKEN_HTTP_HEADERS against the issuer's manual",
                    "对照签发方文档检查 RELAY_TOKEN_HTTP_BODY 与 RELAY_TOKEN_HTTP_HEADERS 中的凭据和字段名"))
        }
        let used: Sentence
        let other: String
        switch authentication {
        case .basic: (used, other) = (Sentence("as a Basic header (basic)", "Basic 请求头（basic）"), "post")
        case .basicRaw:
            (used, other) = (Sentence("as an unencoded Basic header (basic_raw)", "未编码的 Basic 请求头（basic_raw）"), "post")
        case .post: (used, other) = (Sentence("in the form (post)", "表单（post）"), "basic")
        case .none: (used, other) = (Sentence("by its id alone (none)", "仅 client id（none）"), "basic")
        }
        return CheckFinding(
            .issuerRefusedClient,
            cause: Sentence(
                "\(said); client id and secret were sent \(used.english)",
                "签发方拒绝了客户端（\(status)）；client id 与 secret 的发送方式：\(used.chinese)"),
            cure: Sentence(
                "check RELAY_OAUTH_CLIENT_ID and RELAY_OAUTH_CLIENT_SECRET; if they are right, set RELAY_OAUTH_CLIENT_AUTH=\(other)",
                "检查 RELAY_OAUTH_CLIENT_ID 与 RELAY_OAUTH_CLIENT_SECRET；若无误，请设置 RELAY_OAUTH_CLIENT_AUTH=\(other)"))
    }

    private static func unsuccessful(
        _ code: String?, _ failure: TokenFetchFailure, _ form: TokenRequestForm
    ) -> CheckFinding {
        let shown = code.map { " (\($0))" } ?? ""
        let where_ = form == .template ? "RELAY_TOKEN_HTTP_BODY" : "RELAY_OAUTH_CLIENT_ID, RELAY_OAUTH_CLIENT_SECRET"
        return CheckFinding(
            .issuerSaidNo,
            cause: Sentence(
                "the issuer's answer is a 2xx, but says in its body that it refuses\(shown)",
                "签发方返回 2xx，但内容表示拒绝\(shown)"),
            cure: Sentence(
                "check the credentials (\(where_)); if the login did succeed, correct RELAY_TOKEN_OK",
                "检查凭据（\(where_)）；若登录其实成功，请更正 RELAY_TOKEN_OK"))
    }

    private static func badAnswer(_ reason: String, _ variable: String) -> CheckFinding {
        if reason.contains("expiry at") {
            return CheckFinding(
                .expiryUnreadable, cause: Sentence(reason, "无法理解令牌有效期：\(reason)"),
                cure: Sentence(
                    "name its form with RELAY_TOKEN_EXPIRY_KIND, another place with RELAY_TOKEN_EXPIRY_FROM, or a fixed lifetime with RELAY_TOKEN_TTL",
                    "用 RELAY_TOKEN_EXPIRY_KIND 指定格式，用 RELAY_TOKEN_EXPIRY_FROM 指定位置，或用 RELAY_TOKEN_TTL 指定固定有效期"))
        }
        if reason.contains("is not JSON") || reason.contains("is empty") {
            return CheckFinding(
                .tokenAnswerNotJSON, cause: Sentence(reason, "签发方的应答无法使用：\(reason)"),
                cure: Sentence(
                    "check the path in \(variable); if the answer is the bare token, set RELAY_TOKEN_FROM=body",
                    "检查 \(variable) 的路径；若应答就是令牌本身，请设置 RELAY_TOKEN_FROM=body"))
        }
        if reason.contains("exp passed") {
            return CheckFinding(
                .tokenExpired, cause: Sentence(reason, "令牌已过期：\(reason)"),
                cure: Sentence("check the clocks of this machine and of the issuer", "检查本机与签发方的时钟"))
        }
        return CheckFinding(
            .tokenMissing, cause: Sentence(reason, "在应答中找不到令牌：\(reason)"),
            cure: Sentence(
                "set RELAY_TOKEN_FROM to where the token stands, like json:/data/token",
                "将 RELAY_TOKEN_FROM 设为令牌所在位置，例如 json:/data/token"))
    }

    private static func local(_ failure: TokenFetchFailure) -> CheckFinding {
        let code: CheckCause =
            switch failure.cause {
            case .exec: .tokenProgram
            case .file: .tokenFile
            case .illegalToken: .tokenIllegal
            case .expiredOnArrival: .tokenExpired
            default: .secretUnreadable
            }
        let advice = failure.advice
        return CheckFinding(
            code, cause: Sentence(failure.description, advice.cause.chinese),
            cure: Sentence(advice.cure.english.lowercasedFirst, advice.cure.chinese))
    }

    /// A warning about a token that was got all the same.
    package init(_ warning: TokenWarning) {
        let parts = warning.text.split(separator: "; ", maxSplits: 1).map(String.init)
        let code: CheckCause =
            warning == .zonelessExpiry || warning == .defaultLifetime ? .expiryUnreadable : .tokenWarning
        let cure = parts.count > 1 ? parts[1] : ""
        self.init(code, cause: Sentence(same: parts.first ?? warning.text), cure: Sentence(same: cure))
    }
}

extension String {
    /// The advice of the status page begins sentences; here they follow a colon.
    var lowercasedFirst: String {
        var text = self
        if text.last == "." { text.removeLast() }
        guard let first = text.first, text.dropFirst().first?.isUppercase != true else { return text }
        return first.lowercased() + text.dropFirst()
    }
}
