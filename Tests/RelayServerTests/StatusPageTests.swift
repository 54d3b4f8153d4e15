// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RelayServer

@Suite struct StatusPageTests {
    private let html = String(decoding: StatusPage.html, as: UTF8.self)

    /// What stands between quotes after each occurrence of `prefix`.
    private func quoted(after prefix: String, in text: some StringProtocol) -> Set<String> {
        var found = Set<String>()
        var rest = text[...]
        while let range = rest.firstRange(of: prefix) {
            rest = rest[range.upperBound...]
            found.insert(String(rest.prefix { $0 != "\"" }))
        }
        return found
    }

    @Test func `The page works without any other host`() {
        // The name of a namespace is no address, and an icon may be in the page.
        let html = html.replacing("http://www.w3.org/2000/svg", with: "").replacing("href=\"data:", with: "")
        for forbidden in ["http:", "https:", "src=", "href=", "@import", "url(", "WebSocket"] {
            #expect(!html.contains(forbidden), "\(forbidden)")
        }
        #expect(StatusPage.policy.hasPrefix("default-src 'none';"))
        #expect(StatusPage.policy.contains("connect-src 'self'"))
    }

    @Test func `Nothing from the relay is put in as markup`() {
        for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            #expect(!html.contains(forbidden), "\(forbidden)")
        }
    }

    @Test func `It is one small document whose script ends once`() {
        #expect(html.hasPrefix("<!doctype html>"))
        #expect(StatusPage.html.count < 64_000)
        #expect(html.split(separator: "</script").count == 2 && !html.contains("/*s"))
        #expect(html.split(separator: "</style").count == 2)
    }

    @Test func `Every element the script asks for exists`() {
        let ids = quoted(after: " id=\"", in: html)
        let asked = quoted(after: "$(\"", in: html).union(quoted(after: "plot(\"", in: html))
        #expect(asked.count > 15)
        #expect(asked.subtracting(ids) == [])
    }

    @Test func `Both languages have every word that is used`() throws {
        let english = try #require(html.firstRange(of: "en: {"))
        let chinese = try #require(html.firstRange(of: "zh: {"))
        let end = try #require(html.firstRange(of: "};\n"))
        let names = { (text: Substring) in
            Set(
                text.split { !$0.isLetter && !$0.isNumber && $0 != ":" }.filter { $0.hasSuffix(":") }.map {
                    $0.dropLast()
                })
        }
        let (inEnglish, inChinese) = (
            names(html[english.upperBound..<chinese.lowerBound]), names(html[chinese.upperBound..<end.lowerBound])
        )
        let used = [" data-t=\"", " t(\"", "(t(\"", "[t(\"", "{t(\""]
            .reduce(into: Set<String>()) { $0.formUnion(quoted(after: $1, in: html)) }
        #expect(used.count > 20)
        for word in used where word.allSatisfy(\.isLetter) {
            #expect(inEnglish.contains(Substring(word)), "\(word)")
            #expect(inChinese.contains(Substring(word)), "\(word)")
        }
    }
}
