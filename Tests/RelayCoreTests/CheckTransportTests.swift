// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

/// Failures of connections, told apart by libcurl's and OpenSSL's own words.
@Suite("Check: connections")
struct CheckTransportTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var kind: TokenFetchFailure.Transport
        var detail: String
        var verify = 0
        var proxy: ProxySituation = .none
        var isProxied = false
        var code: CheckCause
        /// A word that the cure must hold.
        var cure: String
        var testDescription: String { "\(code.rawValue): \(detail)" }
    }

    static let samples: [Sample] = [
        Sample(
            kind: .unresolved, detail: "Could not resolve host: gw.example", code: .nameUnresolved,
            cure: "RELAY_UPSTREAM_PROXY"),
        Sample(
            kind: .unresolved, detail: "Could not resolve host: gw.example", proxy: .switchedOff, code: .proxyNeeded,
            cure: "remove RELAY_UPSTREAM_PROXY=none"),
        Sample(kind: .refused, detail: "Failed to connect", code: .connectionRefused, cure: "RELAY_UPSTREAM_URL"),
        Sample(
            kind: .refused, detail: "Failed to connect", proxy: .configured, isProxied: true, code: .proxyUnreachable,
            cure: "RELAY_UPSTREAM_PROXY"),
        Sample(
            kind: .timeout, detail: "Connection timed out after 10001 milliseconds", code: .connectTimeout,
            cure: "RELAY_CONNECT_TIMEOUT"),
        Sample(
            kind: .timeout, detail: "Connection timed out", proxy: .switchedOff, code: .proxyNeeded,
            cure: "RELAY_UPSTREAM_PROXY"),
        Sample(kind: .timeout, detail: "SSL connection timeout", code: .tlsNotSpoken, cure: "http://"),
        Sample(
            kind: .proxy, detail: "CONNECT tunnel failed, response 403", proxy: .configured, code: .proxyRefused,
            cure: "no_proxy=gw.example"),
        Sample(
            kind: .proxy, detail: "CONNECT tunnel failed, response 407", proxy: .configured, code: .proxyLogin,
            cure: "user:password"),
        Sample(
            kind: .proxy, detail: "Could not resolve proxy: nope", proxy: .environment, code: .proxyUnreachable,
            cure: "https_proxy"),
        Sample(
            kind: .tls, detail: "SSL certificate problem: unable to get local issuer certificate", verify: 20,
            code: .tlsUnknownAuthority, cure: "RELAY_UPSTREAM_CA_FILE"),
        Sample(
            kind: .tls, detail: "SSL certificate problem: self-signed certificate in certificate chain",
            code: .tlsUnknownAuthority, cure: "RELAY_UPSTREAM_CA_FILE"),
        Sample(
            kind: .tls, detail: "SSL: no alternative certificate subject name matches target host name 'gw.example'",
            code: .tlsNameMismatch, cure: "gw.example"),
        Sample(
            kind: .tls, detail: "SSL certificate problem: certificate has expired", verify: 10, code: .tlsExpired,
            cure: "renewed"),
        Sample(
            kind: .tls, detail: "SSL certificate problem: certificate is not yet valid", verify: 9,
            code: .tlsNotYetValid,
            cure: "clock"),
        Sample(
            kind: .tls,
            detail: "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0",
            code: .tlsClientCertificate, cure: "RELAY_UPSTREAM_CLIENT_CERT_FILE"),
        Sample(
            kind: .tls, detail: "error:0A000410:SSL routines::sslv3 alert handshake failure",
            code: .tlsClientCertificate,
            cure: "RELAY_UPSTREAM_CLIENT_KEY_FILE"),
        Sample(
            kind: .tls, detail: "error:0A00042E:SSL routines::tlsv1 alert protocol version", code: .tlsFailed,
            cure: "TLS versions"),
        Sample(
            kind: .tls, detail: "error:0A00010B:SSL routines::wrong version number", code: .tlsNotSpoken,
            cure: "http://"),
        Sample(kind: .reset, detail: "Empty reply from server", code: .connectionLost, cure: "https://"),
        Sample(kind: .badResponse, detail: "Received HTTP/0.9 when not allowed", code: .notHTTP, cure: "https://"),
    ]

    @Test("each failure has its own cause, and a cure that names the variable", arguments: samples)
    func causes(_ sample: Sample) throws {
        var fault = TransportFault(sample.kind, detail: sample.detail)
        (fault.verifyResult, fault.proxy, fault.isProxied) = (sample.verify, sample.proxy, sample.isProxied)
        let finding = CheckFinding(fault, at: try CheckSample.place("https://gw.example"))
        #expect(finding.code == sample.code)
        let cure = finding.advice.cure.english
        #expect(cure.contains(sample.cure), "\(cure)")
    }

    @Test("the missing authority is named by the last certificate of the chain, whatever it holds")
    func missingAuthority() throws {
        var fault = TransportFault(.tls, detail: "")
        fault.verifyResult = 20
        fault.chain = [
            CertificateNames(subject: "CN=gw", issuer: "CN=Issuing"),
            CertificateNames(subject: "CN=Issuing", issuer: "CN=Root\u{1B}[31m\"\n"),
        ]
        let place = try CheckSample.place("https://sso.example", .issuer, "RELAY_OAUTH_TOKEN_URL")
        let finding = CheckFinding(fault, at: place)
        let cause = finding.advice.cause.english
        #expect(cause.contains("subject \"CN=Issuing\", issuer \"CN=Root?[31m??\""), "\(cause)")
        #expect(finding.advice.cure.english.contains("RELAY_TOKEN_CA_FILE"))
        #expect(!finding.advice.cure.chinese.contains("\u{1B}"))
    }

    @Test("the environment's proxy counts as libcurl reads it")
    func proxySituation() {
        func situation(_ proxy: TransportConfiguration.Proxy, _ secure: Bool, _ variables: [String: String])
            -> ProxySituation
        {
            ProxySituation(proxy, isSecure: secure, variables: variables)
        }
        #expect(situation(.environment, true, [:]) == .none)
        #expect(situation(.environment, true, ["https_proxy": ""]) == .none)
        #expect(situation(.environment, true, ["HTTPS_PROXY": "http://p:1"]) == .environment)
        #expect(situation(.environment, false, ["HTTP_PROXY": "http://p:1"]) == .none)
        #expect(situation(.environment, false, ["http_proxy": "http://p:1"]) == .environment)
        #expect(situation(.none, true, ["https_proxy": "http://p:1"]) == .switchedOff)
        #expect(situation(.none, true, [:]) == .none)
        #expect(situation(.url("http://p:1"), true, [:]) == .configured)
    }

    @Test("every distinct upstream host is visited once; a token URL's path and query stay out of sight")
    func places() throws {
        var configuration = Configuration()
        configuration.upstream.baseURL = "https://gw.example/v1"
        configuration.upstream.endpointURLs = [
            .chat: "https://GW.example:443/other/{model}?key=canary", .rerank: "http://rr.example:8080/rerank",
            .embeddings: "http://[::1]:9/x",
        ]
        configuration.token.source = .http(TemplateConfiguration(url: "https://sso.example/login/${NAME}?k=${KEY}"))
        #expect(
            configuration.upstreamPlaces.map(\.origin) == [
                "https://gw.example:443", "http://[::1]:9", "http://rr.example:8080",
            ])
        #expect(
            configuration.upstreamPlaces.map(\.variable) == [
                "RELAY_UPSTREAM_URL", "RELAY_UPSTREAM_EMBEDDINGS_URL", "RELAY_UPSTREAM_RERANK_URL",
            ])
        #expect(configuration.issuerPlace?.origin == "https://sso.example:443")
        configuration.token.source = .http(TemplateConfiguration(url: "https://${HOST}/login"))
        #expect(configuration.issuerPlace == nil)
    }
}
