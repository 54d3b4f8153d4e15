// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayUpstream

@Suite("libcurl's failures")
struct CurlFailureTests {
    @Test(
        "a refused connection is the proxy's only if libcurl tried another host than the URL's",
        arguments: [
            ("http://llm-proxy.corp:8000/v1", "llm-proxy.corp", false),
            ("https://LLM-Proxy.corp/v1?x=1", "llm-proxy.corp", false),
            ("http://[fe80::1%25eth0]:8000/v1", "fe80::1", false),
            ("https://llm.corp/v1", "squid.corp", true),
            ("http://[::1]:80/v1", "::1", false),
            ("http://127.0.0.1:1/v1", "127.0.0.1", false),
            ("https://llm.corp", "10.0.0.9", true),
        ])
    func refused(url: String, tried: String, isProxy: Bool) {
        let detail = "Failed to connect to \(tried) port 3128 after 0 ms: Couldn't connect to server"
        #expect(CurlFailure.isAboutProxy(detail, url: url) == isProxy)
    }

    @Test(
        "what is wrong with a proxy's URL is said without the URL",
        arguments: ["Unsupported proxy scheme for 'ftp://u:secret@p'", "Unsupported proxy syntax in 'u:secret@@': bad"])
    func unusable(detail: String) {
        #expect(CurlFailure.isAboutProxy(detail, url: "http://a/"))
        #expect(!CurlFailure.withoutSecrets(detail).contains("secret"))
    }
}
