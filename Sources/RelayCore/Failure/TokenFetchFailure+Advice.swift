// SPDX-License-Identifier: Apache-2.0

extension TokenFetchFailure {
    /// Why no token came and what to do about it.
    package var advice: Advice {
        switch cause {
        case .transport(let kind, _): Self.advice(for: kind)
        case .refused(let status, _): Self.advice(forStatus: status)
        case .unsuccessful:
            Advice(
                cause: Sentence("The issuer answered 200 but its body says no.", "签发方返回 200，但内容表示失败。"),
                cure: Sentence("Check the account's credentials, and RELAY_TOKEN_OK.", "检查账号凭据以及 RELAY_TOKEN_OK。"))
        case .badAnswer:
            Advice(
                cause: Sentence("The token or its lifetime is not where it was looked for.", "在指定位置找不到令牌或其有效期。"),
                cure: Sentence(
                    "Check RELAY_TOKEN_FROM, RELAY_TOKEN_EXPIRY_FROM and RELAY_TOKEN_EXPIRY_KIND against the issuer's answer.",
                    "对照签发方的应答，检查 RELAY_TOKEN_FROM、RELAY_TOKEN_EXPIRY_FROM 和 RELAY_TOKEN_EXPIRY_KIND。"))
        case .illegalToken:
            Advice(
                cause: Sentence("The token holds characters that may not stand in a header.", "令牌中含有不允许出现在请求头中的字符。"),
                cure: Sentence(
                    "Check RELAY_TOKEN_FROM; it may point at something else.", "检查 RELAY_TOKEN_FROM，可能指向了别的内容。"))
        case .expiredOnArrival:
            Advice(
                cause: Sentence("The token had ended before its answer was here.", "令牌在到达之前就已过期。"),
                cure: Sentence("Check the clocks of this machine and of the issuer.", "检查本机与签发方的时钟。"))
        case .exec:
            Advice(
                cause: Sentence("The token program failed.", "获取令牌的程序失败。"),
                cure: Sentence(
                    "Run RELAY_TOKEN_EXEC by hand as the same user; names of variables it needs go into RELAY_TOKEN_EXEC_ENV.",
                    "以同一用户手动运行 RELAY_TOKEN_EXEC；它需要的环境变量名写入 RELAY_TOKEN_EXEC_ENV。"))
        case .file:
            Advice(
                cause: Sentence("The token file brings no new token.", "令牌文件中没有可用的新令牌。"),
                cure: Sentence("Check the path, its permissions, and whatever writes it.", "检查文件路径、权限以及写入该文件的程序。"))
        case .secretUnavailable:
            Advice(
                cause: Sentence("A secret's file cannot be read.", "无法读取存放密钥的文件。"),
                cure: Sentence("Check that it is mounted, and its permissions.", "检查文件是否已挂载以及其权限。"))
        case .timeout:
            Advice(
                cause: Sentence(
                    "The issuer did not answer within RELAY_TOKEN_TIMEOUT.", "签发方未在 RELAY_TOKEN_TIMEOUT 内应答。"),
                cure: Sentence("Look at the issuer, or raise the limit.", "检查签发方，或调大该值。"))
        }
    }

    private static func advice(for kind: Transport) -> Advice {
        switch kind {
        case .unresolved:
            Advice(
                cause: Sentence("The issuer's name does not resolve.", "签发方的域名无法解析。"),
                cure: Sentence("Check the token URL and the DNS servers.", "检查令牌 URL 和 DNS 设置。"))
        case .tls:
            Advice(
                cause: Sentence("The issuer's certificate is not trusted, or TLS failed.", "签发方的证书不受信任，或 TLS 失败。"),
                cure: Sentence("Give the company's CA in RELAY_TOKEN_CA_FILE.", "用 RELAY_TOKEN_CA_FILE 指定公司的 CA 证书。"))
        case .proxy:
            Advice(
                cause: Sentence("The proxy did not let the call to the issuer through.", "代理拒绝了到签发方的连接。"),
                cure: Sentence("Check RELAY_TOKEN_PROXY, or set it to none.", "检查 RELAY_TOKEN_PROXY，或将其设为 none。"))
        case .refused, .timeout:
            Advice(
                cause: Sentence("The issuer cannot be reached at its address and port.", "无法连接到签发方的地址和端口。"),
                cure: Sentence(
                    "Check host and port of the token URL, and the network; try tokenrelay check.",
                    "检查令牌 URL 的主机和端口以及网络；可运行 tokenrelay check。"))
        case .reset, .badResponse, .tooLarge, .cancelled:
            Advice(
                cause: Sentence("The issuer gave no usable answer.", "签发方没有给出可用的应答。"),
                cure: Sentence(
                    "Check scheme, host and port of the token URL, and the network; try tokenrelay check.",
                    "检查令牌 URL 的协议、主机和端口以及网络；可运行 tokenrelay check。"))
        }
    }

    private static func advice(forStatus status: Int) -> Advice {
        switch status {
        case 400, 401, 403:
            Advice(
                cause: Sentence("The issuer refused the credentials or the request.", "签发方拒绝了凭据或请求。"),
                cure: Sentence(
                    "Check client id, secret, grant, scope, and RELAY_OAUTH_CLIENT_AUTH (basic or post).",
                    "检查 client id、secret、grant、scope 以及 RELAY_OAUTH_CLIENT_AUTH（basic 或 post）。"))
        case 404, 405:
            Advice(
                cause: Sentence("The token URL leads to nothing that issues tokens.", "令牌 URL 不是签发令牌的地址。"),
                cure: Sentence("Check the path of the token URL.", "检查令牌 URL 的路径。"))
        case 429:
            Advice(
                cause: Sentence("The issuer limits how often it may be asked.", "签发方限制了请求频率。"),
                cure: Sentence("Run fewer replicas, or share a token file.", "减少副本数，或共享令牌文件。"))
        default:
            Advice(
                cause: Sentence("The issuer has a fault of its own.", "签发方自身出现故障。"),
                cure: Sentence(
                    "The relay tries again by itself; look at the issuer if it lasts.", "中继会自动重试；若持续出现，请检查签发方。"))
        }
    }
}
