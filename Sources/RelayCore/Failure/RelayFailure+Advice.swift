// SPDX-License-Identifier: Apache-2.0

extension RelayFailure {
    /// Why it happened and what to do about it.
    package var advice: Advice {
        switch self {
        case .badRequest, .unknownEndpoint, .methodNotAllowed, .requestTimeout, .bodyTooLarge, .uriTooLong,
            .expectationFailed, .headersTooLarge, .notImplemented, .versionNotSupported, .clientKeyRejected,
            .rateLimited, .clientGone, .clientWriteTimeout:
            clientAdvice
        case .upstreamUnreachable, .upstreamReset, .upstreamBadResponse, .upstreamTimeout, .upstreamTLSFailed,
            .upstreamProxyRefused, .upstreamAuthRejected, .upstreamStreamInterrupted:
            upstreamAdvice
        case .tokenUnavailable, .overloaded, .draining, .internal: relayAdvice
        }
    }

    private var clientAdvice: Advice {
        switch self {
        case .badRequest:
            Advice(
                cause: Sentence("The client's request is not valid HTTP or not usable.", "客户端的请求不是合法的 HTTP，或无法处理。"),
                cure: Sentence("Read the message; it names what is wrong.", "请查看错误信息，其中指出了问题所在。"))
        case .unknownEndpoint:
            Advice(
                cause: Sentence("The path is none that the relay serves.", "该路径不在中继提供的接口之内。"),
                cure: Sentence(
                    "Check the base URL in the client (it ends in /v1), set RELAY_BASE_PATH, or allow the path with "
                        + "RELAY_EXTRA_PATHS.",
                    "检查客户端的 Base URL（以 /v1 结尾），或设置 RELAY_BASE_PATH，或用 RELAY_EXTRA_PATHS 放行该路径。"))
        case .methodNotAllowed:
            Advice(
                cause: Sentence("This endpoint does not take this method.", "该接口不支持这种请求方法。"),
                cure: Sentence("Use one of the methods in the Allow field.", "请使用 Allow 头中列出的方法。"))
        case .requestTimeout:
            Advice(
                cause: Sentence("The client did not send its whole request in time.", "客户端未能及时发完请求。"),
                cure: Sentence(
                    "Look at the network, or raise RELAY_HEADER_TIMEOUT or RELAY_BODY_TIMEOUT.",
                    "检查网络，或调大 RELAY_HEADER_TIMEOUT 或 RELAY_BODY_TIMEOUT。"))
        case .bodyTooLarge:
            Advice(
                cause: Sentence("The request body is larger than allowed.", "请求体超过上限。"),
                cure: Sentence("Send less, or raise RELAY_MAX_BODY.", "减小请求体，或调大 RELAY_MAX_BODY。"))
        case .uriTooLong:
            Advice(
                cause: Sentence("The request target is longer than allowed.", "请求目标（URI）超过长度上限。"),
                cure: Sentence("Shorten the query, or raise RELAY_MAX_TARGET.", "缩短查询参数，或调大 RELAY_MAX_TARGET。"))
        case .headersTooLarge:
            Advice(
                cause: Sentence("The request has more header bytes or fields than allowed.", "请求头的大小或数量超过上限。"),
                cure: Sentence(
                    "Send fewer, or raise RELAY_MAX_HEADER or RELAY_MAX_FIELDS.",
                    "减少请求头，或调大 RELAY_MAX_HEADER 或 RELAY_MAX_FIELDS。"))
        case .clientKeyRejected:
            Advice(
                cause: Sentence(
                    "The client sent no key, or one that is not in RELAY_CLIENT_KEYS.",
                    "客户端未携带密钥，或密钥不在 RELAY_CLIENT_KEYS 中。"),
                cure: Sentence(
                    "Enter one of the configured keys as the client's API key.", "在客户端的 API Key 中填入已配置的密钥之一。"))
        case .rateLimited(.client, _):
            Advice(
                cause: Sentence("This client sent more requests a minute than it may.", "该客户端每分钟请求数超过限额。"),
                cure: Sentence(
                    "Slow it down, or raise its number in RELAY_CLIENT_LIMITS.", "降低请求频率，或调大 RELAY_CLIENT_LIMITS 中的数值。")
            )
        case .rateLimited:
            Advice(
                cause: Sentence(
                    "More requests at once than the relay lets through to upstream.", "并发请求数超过中继允许发往上游的数量。"),
                cure: Sentence(
                    "If upstream can take more, raise RELAY_MAX_INFLIGHT, RELAY_QUEUE or RELAY_QUEUE_WAIT.",
                    "若上游还能承受，可调大 RELAY_MAX_INFLIGHT、RELAY_QUEUE 或 RELAY_QUEUE_WAIT。"))
        case .clientGone:
            Advice(
                cause: Sentence("The client closed its connection before the answer was complete.", "客户端在应答完成前断开了连接。"),
                cure: Sentence(
                    "Usually harmless (a cancelled chat); if not, raise the time limit of the client or of a proxy before "
                        + "the relay; RELAY_HALF_CLOSE=true serves clients that only shut their sending side.",
                    "通常无需处理（如用户取消对话）；否则请调大客户端或前置代理的超时；若客户端只关闭发送方向，请设 RELAY_HALF_CLOSE=true。"))
        case .clientWriteTimeout:
            Advice(
                cause: Sentence("The client took no byte of its answer for too long.", "客户端长时间没有读取应答数据。"),
                cure: Sentence(
                    "Look at the client, or raise RELAY_CLIENT_WRITE_TIMEOUT.", "检查客户端，或调大 RELAY_CLIENT_WRITE_TIMEOUT。")
            )
        default:
            Advice(
                cause: Sentence(
                    "The client uses a part of HTTP that the relay does not offer.", "客户端使用了中继不支持的 HTTP 功能。"),
                cure: Sentence(
                    "Use plain HTTP/1.1 without unusual expectations or codings.", "请使用普通的 HTTP/1.1，不带特殊的 Expect 或传输编码。"
                ))
        }
    }

    private var upstreamAdvice: Advice {
        switch self {
        case .upstreamUnreachable(.unresolved):
            Advice(
                cause: Sentence("The gateway's name does not resolve.", "网关的域名无法解析。"),
                cure: Sentence(
                    "Check RELAY_UPSTREAM_URL and the DNS servers of this machine or container.",
                    "检查 RELAY_UPSTREAM_URL，以及本机或容器的 DNS 设置。"))
        case .upstreamUnreachable(.refused):
            Advice(
                cause: Sentence("Nothing listens at the gateway's address and port.", "网关的地址和端口上没有服务在监听。"),
                cure: Sentence(
                    "Check the port in RELAY_UPSTREAM_URL; from a container, 127.0.0.1 is the container itself.",
                    "检查 RELAY_UPSTREAM_URL 中的端口；在容器内，127.0.0.1 指的是容器自身。"))
        case .upstreamUnreachable:
            Advice(
                cause: Sentence("There is no way through the network to the gateway.", "到网关的网络不通。"),
                cure: Sentence(
                    "Check routes and firewalls; where only a proxy leads out, set RELAY_UPSTREAM_PROXY.",
                    "检查路由与防火墙；若只能经代理出网，请设置 RELAY_UPSTREAM_PROXY。"))
        case .upstreamReset:
            Advice(
                cause: Sentence("The gateway closed the connection before it answered.", "网关在应答之前关闭了连接。"),
                cure: Sentence(
                    "Look at the gateway's log; a restart or its own time limit may be the reason.",
                    "查看网关日志，可能是重启或其自身超时所致。"))
        case .upstreamBadResponse:
            Advice(
                cause: Sentence("What the gateway sent is not an HTTP answer.", "网关返回的内容不是合法的 HTTP 应答。"),
                cure: Sentence(
                    "Check scheme and port of RELAY_UPSTREAM_URL (http against https).",
                    "检查 RELAY_UPSTREAM_URL 的协议与端口（http 还是 https）。"))
        case .upstreamTimeout(.connect):
            Advice(
                cause: Sentence("No connection to the gateway came up in time.", "未能在时限内与网关建立连接。"),
                cure: Sentence(
                    "A firewall that drops silently looks like this; try tokenrelay check, or raise RELAY_CONNECT_TIMEOUT.",
                    "防火墙静默丢包常有此现象；请运行 tokenrelay check，或调大 RELAY_CONNECT_TIMEOUT。"))
        case .upstreamTimeout(.firstByte):
            Advice(
                cause: Sentence(
                    "The gateway took the request but did not begin its answer in time.", "网关已收到请求，但未能及时开始应答。"),
                cure: Sentence(
                    "Look at the load of the model, or raise RELAY_FIRST_BYTE_TIMEOUT.",
                    "检查模型负载，或调大 RELAY_FIRST_BYTE_TIMEOUT。"))
        case .upstreamTimeout(.idle):
            Advice(
                cause: Sentence("The gateway fell silent in the middle of its answer.", "网关在应答途中长时间没有数据。"),
                cure: Sentence("Look at the model, or raise RELAY_IDLE_TIMEOUT.", "检查模型服务，或调大 RELAY_IDLE_TIMEOUT。"))
        case .upstreamTimeout(.total):
            Advice(
                cause: Sentence("The exchange took longer than RELAY_TOTAL_TIMEOUT.", "整个请求超过了 RELAY_TOTAL_TIMEOUT。"),
                cure: Sentence("Raise it, or switch it off.", "请调大该值或将其关闭。"))
        case .upstreamTLSFailed:
            Advice(
                cause: Sentence(
                    "The gateway's certificate is not trusted, or the TLS handshake failed.", "网关的证书不受信任，或 TLS 握手失败。"),
                cure: Sentence(
                    "Give the company's CA in RELAY_UPSTREAM_CA_FILE; tokenrelay check names the missing one.",
                    "用 RELAY_UPSTREAM_CA_FILE 指定公司的 CA 证书；tokenrelay check 会指出缺少哪一个。"))
        case .upstreamProxyRefused:
            Advice(
                cause: Sentence("The proxy did not let the connection through.", "代理拒绝了到网关的连接。"),
                cure: Sentence(
                    "Check RELAY_UPSTREAM_PROXY and the proxy's credentials, or set it to none.",
                    "检查 RELAY_UPSTREAM_PROXY 及代理凭据，或将其设为 none。"))
        case .upstreamAuthRejected:
            Advice(
                cause: Sentence("The gateway refused the token, and the renewed one as well.", "网关拒绝了令牌，续期后的令牌同样被拒绝。"),
                cure: Sentence(
                    "Check scope and audience of the token, RELAY_UPSTREAM_AUTH_HEADER and _SCHEME, and whether the account "
                        + "may use this model.",
                    "检查令牌的 scope 与 audience、RELAY_UPSTREAM_AUTH_HEADER 与 _SCHEME，以及该账号是否有权使用此模型。"))
        default:
            Advice(
                cause: Sentence("The gateway's connection broke in the middle of an answer.", "应答途中与网关的连接中断。"),
                cure: Sentence(
                    "Look at the gateway's log and at time limits of proxies between.", "查看网关日志，以及中间代理的超时设置。"))
        }
    }

    private var relayAdvice: Advice {
        switch self {
        case .tokenUnavailable:
            Advice(
                cause: Sentence("There is no valid token, and the issuer gave none in time.", "当前没有有效令牌，签发方也未能及时给出。"),
                cure: Sentence(
                    "See the last failed renewal; try tokenrelay token on this machine.",
                    "请查看最近一次续期失败的原因；可在本机运行 tokenrelay token。"))
        case .overloaded(.connections):
            Advice(
                cause: Sentence(
                    "There are more client connections than RELAY_MAX_CONNECTIONS.", "客户端连接数超过 RELAY_MAX_CONNECTIONS。"),
                cure: Sentence("Raise it, or run more replicas.", "调大该值，或增加副本。"))
        case .overloaded(.bodies):
            Advice(
                cause: Sentence(
                    "The request bodies held in memory together reach RELAY_BODY_BUDGET.",
                    "内存中的请求体总量达到 RELAY_BODY_BUDGET。"),
                cure: Sentence("Raise it if there is memory, or run more replicas.", "内存充足时可调大，或增加副本。"))
        case .overloaded:
            Advice(
                cause: Sentence("The process has no file descriptor left.", "进程的文件描述符已用尽。"),
                cure: Sentence(
                    "Raise the limit (ulimit -n, LimitNOFILE), or lower RELAY_MAX_CONNECTIONS.",
                    "提高上限（ulimit -n、LimitNOFILE），或调小 RELAY_MAX_CONNECTIONS。"))
        case .draining:
            Advice(
                cause: Sentence("The relay is shutting down.", "中继正在关闭。"),
                cure: Sentence("Nothing to do: the next instance answers the retry.", "无需处理：重试会由新的实例应答。"))
        default:
            Advice(
                cause: Sentence("A fault of the relay itself.", "中继自身的故障。"),
                cure: Sentence("Please report it with the log lines of this request id.", "请附上该 request id 的日志行进行反馈。"))
        }
    }
}
