// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

struct TokenTemplateTests {
    /// Everything that could break out of its place.
    private static let nasty = "a b&c=d+\"\\/%?#é\n"

    private func rendered(_ text: String, _ place: TemplatePlace, _ value: String) throws -> String {
        try TemplateText(text).rendered(for: place) { _ throws(TemplateProblem) in value }
    }

    @Test(
        "a value is escaped for the place where it stands",
        arguments: [
            (TemplatePlace.url, "https://h/p?k=${K}", "https://h/p?k=a%20b%26c%3Dd%2B%22%5C%2F%25%3F%23%C3%A9%0A"),
            (.form, "k=${K}&x=1", "k=a+b%26c%3Dd%2B%22%5C%2F%25%3F%23%C3%A9%0A&x=1"),
            (.json, #"{"k":"${K}"}"#, #"{"k":"a b&c=d+\"\\/%?#é\n"}"#),
            (.raw, "<k>${K}</k>", "<k>a b&c=d+\"\\/%?#é\n</k>"),
        ])
    func escaping(place: TemplatePlace, text: String, result: String) throws {
        #expect(try rendered(text, place, Self.nasty) == result)
    }

    @Test("a field value with a line end is refused", arguments: ["a\nb", "a\rb", "a\r\nX: y", "a\u{0}", "a\u{7F}"])
    func headerInjection(value: String) {
        #expect(throws: TemplateProblem.self) { try rendered("Token ${K}", .header, value) }
    }

    @Test("a field value may hold blanks and letters of the world")
    func header() throws {
        #expect(try rendered("Token ${K}", .header, "a b\té") == "Token a b\té")
    }

    @Test(
        "before its path a URL's placeholder is an address",
        arguments: [
            ("${K}/token", "http://127.0.0.1:40342/msi", "http://127.0.0.1:40342/msi/token"),
            ("https://${K}/token", "idp.corp:8443", "https://idp.corp:8443/token"),
            ("https://h/${K}", "a/b", "https://h/a%2Fb"), ("https://h?x=${K}", "a/b", "https://h?x=a%2Fb"),
        ])
    func address(text: String, value: String, result: String) throws {
        #expect(try rendered(text, .url, value) == result)
    }

    @Test("an address with a blank or line end is refused", arguments: ["http://h x", "http://h\nX"])
    func badAddress(value: String) {
        #expect(throws: TemplateProblem.self) { try rendered("${K}/token", .url, value) }
    }

    @Test("placeholders are named in order, and only they are replaced")
    func placeholders() throws {
        let text = try TemplateText("$ {A} ${A_1}-${file:/run/secrets/x y}-${A_1} $5 }")
        #expect(text.placeholders == [.variable("A_1"), .file("/run/secrets/x y"), .variable("A_1")])
        let result = try text.rendered(for: .raw) { placeholder throws(TemplateProblem) in placeholder.description }
        #expect(result == "$ {A} ${A_1}-${file:/run/secrets/x y}-${A_1} $5 }")
    }

    @Test("a value is never read as a template again")
    func noRecursion() throws {
        #expect(try rendered("${A}", .raw, "${B}") == "${B}")
    }

    @Test(
        "what is no placeholder is an error",
        arguments: ["${", "${A", "${}", "${1A}", "${A-B}", "${file:}", "${A B}", "${é}"])
    func malformed(text: String) {
        #expect(throws: TemplateProblem.self) { try TemplateText(text) }
    }

    @Test("no problem shows a value")
    func silence() throws {
        let problem = #expect(throws: TemplateProblem.self) { try rendered("x ${K}", .header, "canary\n") }
        #expect(problem?.text.contains("canary") == false)
        #expect(problem?.placeholder == .variable("K"))
    }

    @Test("form encoding leaves only what RFC 6749 leaves")
    func form() {
        let ascii = String(decoding: (UInt8(0x20)...0x7E), as: UTF8.self)
        let kept = FormEncoding.form(ascii).split(separator: "%").map { $0.dropFirst(2) }.joined()
        #expect(FormEncoding.form(ascii).hasPrefix("+%21"))
        #expect(kept == "*-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
        #expect(FormEncoding.percent("~*é ") == "~%2A%C3%A9%20")
        #expect(FormEncoding.body([("a b", "c&d"), ("é", "")]) == "a+b=c%26d&%C3%A9=")
    }

    @Test(
        "base64 agrees with RFC 4648",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy"),
            ("???>>>", "Pz8/Pj4+"),
        ])
    func base64(plain: String, encoded: String) {
        #expect(Base64.encoded(plain.utf8) == encoded)
        let url = encoded.replacing("+", with: "-").replacing("/", with: "_")
        #expect(Base64.decodedURL(url.utf8) == Array(plain.utf8))
        #expect(Base64.decodedURL(url.replacing("=", with: "").utf8) == Array(plain.utf8))
    }

    @Test("what is no base64 is none", arguments: ["Z", "Zm9vY", "Zm+v", "Zm9v!", "Zg===", "=Zg", "Z g"])
    func notBase64(text: String) {
        #expect(Base64.decodedURL(text.utf8) == nil)
    }

    @Test("trimming takes blanks at the ends, or one line end")
    func trimming() {
        #expect(TextTrimming.trimmed(" \t\r\n a b \n\n") == "a b")
        #expect(TextTrimming.trimmed(" \n") == "")
        #expect(TextTrimming.withoutTrailingNewline("a \n\n") == "a \n")
        #expect(TextTrimming.withoutTrailingNewline("a\r\n") == "a")
        #expect(TextTrimming.withoutTrailingNewline("a") == "a")
    }
}
