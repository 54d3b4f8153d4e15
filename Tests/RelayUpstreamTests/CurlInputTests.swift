// SPDX-License-Identifier: Apache-2.0
import CCurl
import HTTPWire
import Testing

@testable import RelayUpstream

@Suite("What libcurl is given")
struct CurlInputTests {
    private func lines(_ list: CurlFieldList) -> [String] {
        var (lines, node): ([String], UnsafeMutablePointer<curl_slist>?) = ([], list.head)
        while let current = node {
            lines.append(String(cString: current.pointee.data))
            node = current.pointee.next
        }
        return lines
    }

    @Test("fields keep their order, duplicates and octets; an empty one is spelled as libcurl wants it")
    func fields() {
        let fields = FieldSection([
            Field(name: "X-A", value: "1"), Field(name: "x-a", value: "zwei Wörter"), Field(name: "X-Empty", value: ""),
            Field(name: "X-A", value: String(repeating: "long", count: 2_000)),
        ])
        let list = CurlFieldList(fields, suppressed: ["Expect", "Accept"])
        #expect(
            lines(list) == [
                "X-A: 1", "x-a: zwei Wörter", "X-Empty;", "X-A: " + String(repeating: "long", count: 2_000), "Expect:",
                "Accept:",
            ])
    }

    @Test("many fields stand in one list, none makes none")
    func counts() {
        let many = FieldSection((0..<300).map { Field(name: "X-\($0)", value: "\($0)") })
        #expect(lines(CurlFieldList(many, suppressed: [])) == (0..<300).map { "X-\($0): \($0)" })
        #expect(lines(CurlFieldList([:], suppressed: [])).isEmpty)
        #expect(lines(CurlFieldList([:], suppressed: ["Expect"])) == ["Expect:"])
    }

    @Test(
        "a URL is taken apart once, but for one with a zone, which libcurl would lose",
        arguments: [
            ("http://gateway.corp/v1/chat/completions", true), ("https://[2001:db8::1]:8443/a/../b?c=d", true),
            ("http://[fe80::1%25eth0]/v1", false), ("http://host:port/", false), ("", false),
        ])
    func url(text: String, isKept: Bool) {
        #expect((CurlURL(text) != nil) == isKept)
    }
}
