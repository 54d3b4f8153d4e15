// SPDX-License-Identifier: Apache-2.0

extension CheckFinding {
    /// OpenSSL's X509_V_ERR numbers that have a cause of their own.
    private enum Verdict {
        static let notYetValid = 9, expired = 10
        static let unknownAuthority: Set<Int> = [2, 18, 19, 20, 21, 24, 27]
        static let hostMismatch: Set<Int> = [62, 64]
    }

    /// Why TLS with `host` failed.
    static func tls(_ host: String, _ fault: TransportFault, _ place: CheckPlace) -> CheckFinding {
        let detail = fault.detail.lowercased()
        switch fault.verifyResult {
        case Verdict.expired: return expired(host)
        case Verdict.notYetValid: return notYetValid(host)
        case let code where Verdict.hostMismatch.contains(code): return nameMismatch(host, fault, place)
        case let code where Verdict.unknownAuthority.contains(code): return unknownAuthority(host, fault, place)
        default: break
        }
        if detail.contains("has expired") { return expired(host) }
        if detail.contains("not yet valid") { return notYetValid(host) }
        if detail.contains("alternative certificate subject") || detail.contains("does not match target host")
            || detail.contains("hostname mismatch")
        {
            return nameMismatch(host, fault, place)
        }
        if detail.contains("local issuer") || detail.contains("self-signed") || detail.contains("self signed")
            || detail.contains("unable to verify")
        {
            return unknownAuthority(host, fault, place)
        }
        let isAboutItself = ["protocol version", "unrecognized name", "internal error"].contains { detail.contains($0) }
        if detail.contains("alert"), !isAboutItself { return clientCertificate(host, place) }
        if detail.contains("wrong version number") || detail.contains("packet length too long")
            || detail.contains("unknown protocol") || detail.contains("http request")
        {
            return tlsNotSpoken(place)
        }
        return CheckFinding(
            .tlsFailed,
            cause: Sentence(
                "TLS with \(host) failed: \(SafeText.printable(fault.detail, limit: 160))",
                "与 \(host) 的 TLS 失败：\(SafeText.printable(fault.detail, limit: 160))"),
            cure: Sentence(
                "see what stands on the way (a proxy that inspects TLS?) and which TLS versions \(host) offers",
                "检查途中设备（是否有解密 TLS 的代理）以及 \(host) 支持的 TLS 版本"))
    }

    /// What listens there answers TLS with something else, or with silence.
    static func tlsNotSpoken(_ place: CheckPlace) -> CheckFinding {
        CheckFinding(
            .tlsNotSpoken,
            cause: Sentence(
                "\(place.address) takes connections but does not speak TLS", "\(place.address) 接受连接，但不支持 TLS"),
            cure: Sentence(
                "write http:// in \(place.variable) if that is meant, or correct the port",
                "若本应使用 HTTP，请在 \(place.variable) 中写 http://，否则更正端口"))
    }

    private static func unknownAuthority(_ host: String, _ fault: TransportFault, _ place: CheckPlace) -> CheckFinding {
        var last = Sentence(same: "")
        var wanted = Sentence("the authority's certificate", "该 CA 的证书")
        if let end = fault.chain.last {
            let (subject, issuer) = (printed(end.subject), printed(end.issuer))
            last = Sentence(
                "; last in its chain: subject \"\(subject)\", issuer \"\(issuer)\"",
                "；证书链末端：主体 \"\(subject)\"，签发者 \"\(issuer)\"")
            wanted = Sentence("the certificate of \"\(issuer)\"", "\"\(issuer)\" 的证书")
        }
        return CheckFinding(
            .tlsUnknownAuthority,
            cause: Sentence(
                "the certificate of \(host) is signed by an authority that is not known here\(last.english)",
                "\(host) 的证书由本机未知的 CA 签发\(last.chinese)"),
            cure: Sentence(
                "get \(wanted.english) as PEM from your IT department and set \(place.side.prefix)CA_FILE to its path",
                "向 IT 部门获取 \(wanted.chinese)（PEM），并将 \(place.side.prefix)CA_FILE 设为其路径"))
    }

    private static func nameMismatch(_ host: String, _ fault: TransportFault, _ place: CheckPlace) -> CheckFinding {
        let subject = fault.chain.first.map { " (\(printed($0.subject)))" } ?? ""
        return CheckFinding(
            .tlsNameMismatch,
            cause: Sentence(
                "the certificate\(subject) is not for the name \"\(host)\"", "证书\(subject)不是签发给 \"\(host)\" 的"),
            cure: Sentence(
                "use the name the certificate is for in \(place.variable), or have one issued that names \"\(host)\"",
                "在 \(place.variable) 中使用证书上的域名，或重新签发包含 \"\(host)\" 的证书"))
    }

    private static func expired(_ host: String) -> CheckFinding {
        CheckFinding(
            .tlsExpired, cause: Sentence("the certificate of \(host) has expired", "\(host) 的证书已过期"),
            cure: Sentence(
                "have it renewed by whoever runs \(host); if it is fine elsewhere, this machine's clock is ahead",
                "请 \(host) 的管理员更新证书；若在别处正常，则是本机时钟偏快"))
    }

    private static func notYetValid(_ host: String) -> CheckFinding {
        CheckFinding(
            .tlsNotYetValid, cause: Sentence("the certificate of \(host) is not valid yet", "\(host) 的证书尚未生效"),
            cure: Sentence("this machine's clock is probably behind: set it", "很可能是本机时钟偏慢，请校准"))
    }

    private static func clientCertificate(_ host: String, _ place: CheckPlace) -> CheckFinding {
        let prefix = place.side.prefix
        return CheckFinding(
            .tlsClientCertificate,
            cause: Sentence(
                "\(host) ended TLS: it wants a client certificate, or not the one it got",
                "\(host) 终止了 TLS：它要求客户端证书，或不接受所提供的证书"),
            cure: Sentence(
                "set \(prefix)CLIENT_CERT_FILE and \(prefix)CLIENT_KEY_FILE to a certificate that \(host) accepts",
                "将 \(prefix)CLIENT_CERT_FILE 与 \(prefix)CLIENT_KEY_FILE 设为 \(host) 接受的证书"))
    }

    /// A distinguished name from the wire.
    private static func printed(_ name: String) -> String { SafeText.printable(name, limit: 120) }
}
