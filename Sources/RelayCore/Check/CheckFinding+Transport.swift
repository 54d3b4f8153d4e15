// SPDX-License-Identifier: Apache-2.0

/// A certificate of a server's chain, as far as people need it.
package struct CertificateNames: Hashable, Sendable {
    package var subject: String
    package var issuer: String

    package init(subject: String, issuer: String) { (self.subject, self.issuer) = (subject, issuer) }
}

/// What is known of a connection that failed.
package struct TransportFault: Hashable, Sendable {
    package var kind: TokenFetchFailure.Transport
    /// libcurl's words.
    package var detail: String
    /// OpenSSL's verdict on the certificate (X509_V_ERR_…), 0 if it gave none.
    package var verifyResult = 0
    /// The chain the server sent, its own certificate first.
    package var chain: [CertificateNames] = []
    package var proxy: ProxySituation = .none
    /// The connection that failed was one to a proxy.
    package var isProxied = false

    package init(_ kind: TokenFetchFailure.Transport, detail: String) { (self.kind, self.detail) = (kind, detail) }
}

extension CheckFinding {
    /// Why there is no connection, or none that could be trusted.
    package init(_ fault: TransportFault, at place: CheckPlace) {
        let host = SafeText.printable(place.host, limit: 120)
        switch fault.kind {
        case .refused where fault.isProxied, .timeout where fault.isProxied: self = Self.proxy(fault, place)
        case .unresolved: self = Self.unresolved(host, fault, place)
        case .refused:
            self.init(
                .connectionRefused,
                cause: Sentence("nothing listens at \(place.address)", "\(place.address) 没有服务在监听"),
                cure: Sentence(
                    "check the port in \(place.variable) and that the service runs; from a container, localhost is the container itself",
                    "检查 \(place.variable) 中的端口以及服务是否在运行；在容器内 localhost 指容器自身"))
        case .timeout: self = Self.timeout(fault, place)
        case .proxy: self = Self.proxy(fault, place)
        case .tls: self = Self.tls(host, fault, place)
        case .badResponse, .tooLarge:
            self.init(
                .notHTTP,
                cause: Sentence(
                    "what answers at \(place.address) does not speak HTTP as it should",
                    "\(place.address) 的应答不是正常的 HTTP"),
                cure: Sentence(
                    "check scheme and port in \(place.variable); a TLS port wants https://",
                    "检查 \(place.variable) 的协议和端口；TLS 端口应使用 https://"))
        case .reset, .cancelled:
            self.init(
                .connectionLost,
                cause: Sentence(
                    "\(place.address) closed the connection without an answer", "\(place.address) 未应答即关闭连接"),
                cure: Sentence(
                    "check scheme and port in \(place.variable), and firewalls on the way; a TLS port wants https://",
                    "检查 \(place.variable) 的协议和端口以及途中的防火墙；TLS 端口应使用 https://"))
        }
    }

    private static func unresolved(_ host: String, _ fault: TransportFault, _ place: CheckPlace) -> CheckFinding {
        if fault.proxy == .switchedOff { return proxyNeeded(place) }
        let proxied = "; if only a proxy knows it, set \(place.side.prefix)PROXY=http://proxy:port"
        let proxiedChinese = "；若只有代理能解析，请设置 \(place.side.prefix)PROXY=http://proxy:port"
        return CheckFinding(
            .nameUnresolved, cause: Sentence("the name \"\(host)\" does not resolve", "域名 \"\(host)\" 无法解析"),
            cure: Sentence(
                "check the spelling in \(place.variable), and the DNS servers (in a container: /etc/resolv.conf)"
                    + (fault.proxy == .none ? proxied : ""),
                "检查 \(place.variable) 的拼写以及 DNS 服务器（容器内见 /etc/resolv.conf）"
                    + (fault.proxy == .none ? proxiedChinese : "")))
    }

    private static func timeout(_ fault: TransportFault, _ place: CheckPlace) -> CheckFinding {
        if fault.detail.contains("SSL") { return tlsNotSpoken(place) }
        if fault.proxy == .switchedOff { return proxyNeeded(place) }
        let proxied = "; if only a proxy gets through, set \(place.side.prefix)PROXY=http://proxy:port"
        let proxiedChinese = "；若必须经过代理，请设置 \(place.side.prefix)PROXY=http://proxy:port"
        return CheckFinding(
            .connectTimeout,
            cause: Sentence("no connection to \(place.address) within the limit", "未能在时限内连接到 \(place.address)"),
            cure: Sentence(
                "a firewall probably drops the packets: ask for the way to be opened, or raise RELAY_CONNECT_TIMEOUT"
                    + (fault.proxy == .none ? proxied : ""),
                "很可能被防火墙丢弃：请申请开通，或调大 RELAY_CONNECT_TIMEOUT" + (fault.proxy == .none ? proxiedChinese : "")))
    }

    private static func proxyNeeded(_ place: CheckPlace) -> CheckFinding {
        CheckFinding(
            .proxyNeeded,
            cause: Sentence(
                "\(place.address) cannot be reached directly, and \(place.side.prefix)PROXY=none forbids the proxy that the environment names",
                "无法直连 \(place.address)，而 \(place.side.prefix)PROXY=none 禁用了环境变量指定的代理"),
            cure: Sentence(
                "remove \(place.side.prefix)PROXY=none, or give the proxy's URL there",
                "删除 \(place.side.prefix)PROXY=none，或在其中填写代理的 URL"))
    }

    private static func proxy(_ fault: TransportFault, _ place: CheckPlace) -> CheckFinding {
        let variable =
            fault.proxy == .environment ? "https_proxy (\(place.side.prefix)PROXY)" : "\(place.side.prefix)PROXY"
        if fault.detail.contains("407") {
            return CheckFinding(
                .proxyLogin,
                cause: Sentence("the proxy asks for a name and password (407)", "代理要求用户名和密码（407）"),
                cure: Sentence(
                    "put them into \(variable): http://user:password@proxy:port, percent-encoded",
                    "写入 \(variable)：http://user:password@proxy:port（需百分号编码）"))
        }
        if fault.detail.contains("CONNECT") {
            let code = fault.detail.split(separator: " ").first { $0.count == 3 && $0.allSatisfy(\.isNumber) } ?? ""
            let status = code.isEmpty ? "" : " (\(code))"
            return CheckFinding(
                .proxyRefused,
                cause: Sentence(
                    "the proxy does not let connections to \(place.address) through\(status)",
                    "代理不允许连接 \(place.address)\(status)"),
                cure: Sentence(
                    "ask for \(place.host) to be allowed there, or go around it: \(place.side.prefix)PROXY=none, or no_proxy=\(place.host)",
                    "请在代理上放行 \(place.host)，或绕过代理：\(place.side.prefix)PROXY=none 或 no_proxy=\(place.host)"))
        }
        return CheckFinding(
            .proxyUnreachable, cause: Sentence("the proxy itself cannot be reached", "无法连接到代理本身"),
            cure: Sentence(
                "check host and port in \(variable), or set \(place.side.prefix)PROXY=none",
                "检查 \(variable) 的主机和端口，或设置 \(place.side.prefix)PROXY=none"))
    }
}
