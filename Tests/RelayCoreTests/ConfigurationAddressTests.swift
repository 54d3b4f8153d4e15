// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

@Suite struct ConfigurationAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1:8080", ListenAddress.tcp(host: "127.0.0.1", port: 8080)),
            ("0.0.0.0:80", .tcp(host: "0.0.0.0", port: 80)), (":8080", .tcp(host: "0.0.0.0", port: 8080)),
            ("*:8080", .tcp(host: "0.0.0.0", port: 8080)), ("[::]:8080", .tcp(host: "::", port: 8080)),
            ("[::1]:0", .tcp(host: "::1", port: 0)), ("localhost:65535", .tcp(host: "localhost", port: 65_535)),
            ("relay.corp_1:1", .tcp(host: "relay.corp_1", port: 1)),
            ("unix:/run/relay.sock", .unix(path: "/run/relay.sock")),
            ("UNIX:/r", .unix(path: "/r")), ("[fe80::1%eth0]:8080", .tcp(host: "fe80::1%eth0", port: 8080)),
        ]
    ) func `Addresses to listen on are read`(text: String, address: ListenAddress) throws {
        #expect(try ListenAddress.parse(text) == address)
    }

    @Test(
        arguments: [
            "", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+80", "127.0.0.1:80x",
            "::1:8080", "[::1]8080", "[127.0.0.1]:80", "[::1:8080", "[]:80", "300.0.0.1:80", "127.1:80",
            "127.0.0.01:80",
            "0x7f.1:80", "a b:80", "-:80:90", "http://0.0.0.0:80", "unix:relay.sock", "unix:", "unix:/run/", "a..b:80",
            "[:::]:80", "[1::2::3]:80", "[12345::]:80", "[1:2:3:4:5:6:7]:80", "[1:2:3:4:5:6:7:8:9]:80",
            "[1.2.3.4::]:80",
        ]
    ) func `What is no address is refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try ListenAddress.parse(text) } != nil)
    }

    @Test func `A unix path must fit the kernel's 107 bytes`() {
        let longest = "/" + String(repeating: "a", count: 106)
        #expect(refusal { () throws(ValueError) in try ListenAddress.parse("unix:" + longest) } == nil)
        #expect(refusal { () throws(ValueError) in try ListenAddress.parse("unix:" + longest + "a") } != nil)
    }

    @Test(arguments: ["127.0.0.1:8080", "[::1]:8080", "unix:/run/relay.sock"])
    func `An address prints as it is written`(text: String) throws {
        #expect(try ListenAddress.parse(text).text == text)
    }

    @Test(
        arguments: [
            ("127.0.0.1:1", true), ("127.8.9.10:1", true), ("[::1]:1", true), ("localhost:1", true), ("unix:/r", true),
            ("[::ffff:127.0.0.1]:1", true), ("0.0.0.0:1", false), ("[::]:1", false), ("10.0.0.1:1", false),
            (":1", false),
            ("128.0.0.1:1", false), ("[::2]:1", false), ("localhost.corp:1", false), ("relay:1", false),
        ]
    ) func `Only loopback and unix addresses are local`(text: String, isLocal: Bool) throws {
        #expect(try ListenAddress.parse(text).isLocal == isLocal)
    }

    @Test(
        arguments: [
            ("::", 0), ("::1", 1), ("1::", 0), ("1:2:3:4:5:6:7:8", 8), ("::ffff:1.2.3.4", 4), ("1::8", 8),
            ("fe80::A%en0", 10),
            ("1:2:3:4:5:6:1.2.3.9", 9), ("1:2:3:4:5:6:7::", 0),
        ]
    ) func `IPv6 is read to its last byte`(text: String, last: UInt8) {
        let address = IPLiteral(text)
        #expect(address?.bytes.count == 16)
        #expect(address?.bytes.last == last)
    }

    @Test(
        arguments: [
            ("169.254.169.254", true), ("169.253.0.1", false), ("fe80::1", true), ("febf::1", true), ("fec0::1", false),
            ("::ffff:169.254.0.1", true),
        ]
    ) func `Link-local is told from the rest`(text: String, isLinkLocal: Bool) {
        #expect(IPLiteral(text)?.isLinkLocal == isLinkLocal)
    }

    @Test(
        arguments: [
            ("https://llm.corp.example/v1", "llm.corp.example", nil, "/v1"), ("http://h:80", "h", 80, ""),
            ("HTTPS://H.Example:8443/a?b=c", "h.example", 8_443, "/a"), ("https://[::1]:9/x", "::1", 9, "/x"),
            ("https://10.0.0.1/", "10.0.0.1", nil, "/"), ("https://h?x=1", "h", nil, ""),
            ("https://h/%41", "h", nil, "/%41"),
            ("https://h./a", "h.", nil, "/a"),
        ] as [(String, String, UInt16?, String)]
    ) func `URLs are taken apart`(text: String, host: String, port: UInt16?, path: String) throws {
        let url = try CheckedURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.path == path)
        #expect(url.text == text)
    }

    @Test(
        arguments: [
            "", "llm.corp.example/v1", "ftp://h", "https:/h", "https://", "https:///path", "https://h:0",
            "https://h:65536",
            "https://h:+1", "https://h:", "https://h:8o", "https://user@h/", "https://user:pw@h/", "https://h/#f",
            "https://h/a b",
            "https://h/\u{7F}", "https://h/a\nb", "https://h/ü", "https://ü/", "https://h/%4", "https://h/%zz",
            "https://h/{x}",
            "https://{model}/v1", "https://h:{model}/", "https://a..b/", "https://127.1/", "https://0x7f.1/",
            "https://300.1.1.1/",
            "https://[127.0.0.1]/", "https://[::1/", "https://::1/", "https://h\\evil/", "https://h/\"",
            "javascript:alert(1)",
            "https://h:80:90/",
        ]
    ) func `What is no clean http URL is refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try CheckedURL(text, mayHoldModel: true) } != nil)
    }

    @Test func `The model may stand in path and query only`() throws {
        let azure =
            "https://x.openai.azure.com/openai/deployments/{model}/chat/completions?api-version=2024-10-21&m={model}"
        #expect(try CheckedURL(azure, mayHoldModel: true).text == azure)
        #expect(refusal { () throws(ValueError) in try CheckedURL(azure) } != nil)
    }

    @Test(
        arguments: [
            ("http://localhost/x", true), ("http://a.localhost/", true), ("http://127.9.9.9:1/", true),
            ("http://[::1]/", true),
            ("http://169.254.169.254/", true), ("http://[fe80::1]/", true), ("http://metadata.google.internal/", true),
            ("http://issuer/", false), ("http://10.0.0.1/", false), ("http://localhost.evil.example/", false),
            ("http://metadata.google.internal.evil/", false), ("http://notlocalhost/", false),
        ]
    ) func `A host is local only if nobody is on the way`(text: String, isLocal: Bool) throws {
        #expect(try CheckedURL(text).isLocal == isLocal)
    }

    @Test(
        arguments: [
            ("https://h/p", "https://h/p"), ("https://h/p?key=s3cret", "https://h/p?<redacted>"),
            ("https://h/p?\u{301}s3cret", "https://h/p?<redacted>"),
            ("https://s3cret@\u{301}h/p", "https://<redacted>@\u{301}h/p"),
            ("https://u:s3cret@h/p?k=s3cret", "https://<redacted>@h/p?<redacted>"), ("u:s3cret@h", "<redacted>"),
            ("https://h/p#s3cret", "https://h/p#<redacted>"), ("https://u:s3/cret@h/", "https://<redacted>@h/"),
        ]
    ) func `A URL is shown without what may be secret`(text: String, shown: String) {
        #expect(CheckedURL.displayed(text) == shown)
    }

    @Test(
        arguments: [
            ("none", TransportConfiguration.Proxy.none), ("environment", .environment),
            ("http://p:3128", .url("http://p:3128")),
            ("p:3128", .url("http://p:3128")), ("socks5h://u:p@[::1]:1080/", .url("socks5h://u:p@[::1]:1080/")),
        ]
    ) func `Proxies are read`(text: String, proxy: TransportConfiguration.Proxy) throws {
        #expect(try load(adding: ["RELAY_UPSTREAM_PROXY": text]).configuration.upstream.transport.proxy == proxy)
    }

    @Test(arguments: ["ftp://p:1", "http://", "http://p:99999", "http://p/path", "http://a b:1"])
    func `Proxies that cannot be are refused`(text: String) {
        #expect(problems(adding: ["RELAY_UPSTREAM_PROXY": text]).map(\.variable) == ["RELAY_UPSTREAM_PROXY"])
    }
}
