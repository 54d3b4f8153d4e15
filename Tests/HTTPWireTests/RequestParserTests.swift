// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import Testing

@Suite struct `Request parser` {
    private func outcome(_ text: String, limits: ParseLimits = ParseLimits()) -> String {
        let log = EventLog.run([Array(text.utf8)[...]], limits: limits)
        return log.text.split(separator: "\n").last.map(String.init) ?? ""
    }

    @Test(arguments: [(16_384, "end"), (16_385, "fail 414 targetTooLong")])
    func `takes a target of 16 KiB by default`(length: Int, expected: String) {
        let target = "/" + String(repeating: "a", count: length - 1)
        #expect(outcome("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n") == expected)
    }

    @Test(arguments: [(65_536, "end"), (65_537, "fail 431 headTooLarge")])
    func `takes a head of 64 KiB by default`(length: Int, expected: String) {
        let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n"
        let padding = String(repeating: "b", count: length - frame.utf8.count)
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\nX: \(padding)\r\n\r\n") == expected)
    }

    @Test(arguments: [(128, "end"), (129, "fail 431 tooManyFields")])
    func `takes 128 fields by default`(count: Int, expected: String) {
        let others = String(repeating: "X: y\r\n", count: count - 1)
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\n\(others)\r\n") == expected)
    }

    @Test func `knows when it is between two requests`() {
        var parser = RequestParser()
        #expect(parser.isBetweenMessages)
        var position = 0
        #expect(parser.parse(Array("\r\n".utf8).span, at: &position) == .needMore)
        #expect(parser.isBetweenMessages, "an empty line begins nothing")
        position = 0
        #expect(parser.parse(Array("G".utf8).span, at: &position) == .needMore)
        #expect(!parser.isBetweenMessages)
    }

    @Test func `leaves the next request alone until it is asked for`() {
        let bytes = Array("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        var parser = RequestParser()
        var position = 0
        guard case .head(let head) = parser.parse(bytes.span, at: &position) else {
            Issue.record("no head")
            return
        }
        #expect(head.target.path == "/1")
        #expect(position == bytes.count / 2)
        #expect(parser.parse(bytes.span, at: &position) == .end)
        #expect(position == bytes.count / 2)
    }

    @Test func `hands out body octets as positions in the given input`() {
        let bytes = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8)
        var parser = RequestParser()
        var position = 0
        guard case .head = parser.parse(bytes.span, at: &position),
            case .body(let range) = parser.parse(bytes.span, at: &position)
        else {
            Issue.record("no body")
            return
        }
        #expect(Array(bytes[range]) == Array("abc".utf8))
        #expect(parser.parse(bytes.span, at: &position) == .end)
        #expect(position == bytes.count)
    }

    @Test func `ends a request without a body without a further octet`() {
        var parser = RequestParser()
        var position = 0
        let bytes = Array("GET / HTTP/1.0\r\n\r\n".utf8)
        guard case .head = parser.parse(bytes.span, at: &position) else {
            Issue.record("no head")
            return
        }
        position = 0
        #expect(parser.parse([UInt8]().span, at: &position) == .end)
    }

    @Test func `says nothing on no octets`() {
        var parser = RequestParser()
        var position = 0
        #expect(parser.parse([UInt8]().span, at: &position) == .needMore)
    }

    @Test(arguments: [Int.max, 0, -1])
    func `bears limits at the ends of their type`(limit: Int) {
        let limits = ParseLimits(maxHeader: limit, maxFields: limit, maxTarget: limit, maxChunkExtensions: limit)
        let text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n0\r\nA: b\r\n\r\n"
        #expect(
            outcome("GET / HTTP/1.0\r\n\r\n" + text, limits: limits) == (limit > 0 ? "end" : "fail 414 targetTooLong"))
    }
}
