// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import Testing

@Suite struct `Status line` {
    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n", 1, 200, "OK"), ("HTTP/1.0 404 Not Found\n", 0, 404, "Not Found"),
        ("HTTP/1.1 204 ", 1, 204, ""), ("HTTP/1.1 204", 1, 204, ""), ("HTTP/1.1 200\r\n", 1, 200, ""),
        ("HTTP/1.1 200  two\t words \r\n", 1, 200, " two\t words "), ("HTTP/1.1 999 x", 1, 999, "x"),
        ("HTTP/1.7 200 OK", 1, 200, "OK"), ("HTTP/1.1 200 \u{E9}", 1, 200, "\u{E9}"), ("HTTP/1.1 100 ", 1, 100, ""),
    ])
    func `is read`(line: String, minorVersion: Int, status: Int, reason: String) throws {
        let read = try #require(StatusLine(Array(line.utf8)))
        #expect(read.minorVersion == minorVersion)
        #expect(read.status == status)
        #expect(read.reason == Array(reason.utf8))
    }

    @Test(arguments: [
        "", "\r\n", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2000 OK", "HTTP/1.1 200OK", "HTTP/1.1  200 OK",
        "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "http/1.1 200 OK", "HTTP/2 200 ", "HTTP/2.0 200 OK", "HTTP/1 200 OK",
        "HTTP/11 200 OK", "HTTP/1.1 099 x", "HTTP/1.1 000 x", "HTTP/1.1 +20 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1 -200 OK",
        " HTTP/1.1 200 OK", "ICY 200 OK", "HTTP/1.1 200 a\rb", "HTTP/1.1 200 a\0", "HTTP/1.1 200 OK\r\r\n",
        "HTTP/1.1 200 OK\n\r\n", "HTTP/1.10 200 OK", "HTTP/1.1 ٢٠٠ OK", "HTTP/1.1 \r\n", "HTTP/1.1 20\r\n",
    ])
    func `is refused`(line: String) {
        #expect(StatusLine(Array(line.utf8)) == nil)
    }

    @Test(arguments: [("HTTP/2 200 \r\n", 200), ("HTTP/3 404", 404), ("HTTP/1.1 200 OK", 200)])
    func `of the client library's making is read where it is expected`(line: String, status: Int) {
        #expect(StatusLine(Array(line.utf8), synthetic: true)?.status == status)
    }

    @Test(arguments: ["HTTP/2", "HTTP/2 ", "HTTP/4 200 OK", "HTTP/2.0 200 OK", "HTTP/2\t200 OK", "HTTP/2 20"])
    func `of nobody's making is refused even there`(line: String) {
        #expect(StatusLine(Array(line.utf8), synthetic: true) == nil)
    }
}

@Suite struct `Response field line` {
    @Test(arguments: [
        ("Content-Type: a/b\r\n", "Content-Type", "a/b"), ("x:y", "x", "y"), ("X: \t a \tb \t\r\n", "X", "a \tb"),
        ("X:\r\n", "X", ""), ("X: \r\n", "X", ""), ("X: a:b\n", "X", "a:b"), ("X: \u{E9}", "X", "\u{E9}"),
    ])
    func `is read`(line: String, name: String, value: String) {
        #expect(ResponseFieldLine.parse(Array(line.utf8)) == Field(name: name, value: value))
    }

    @Test func `keeps octets above 0x7F at both ends of a value`() {
        let line = Array("X: ".utf8) + [0x85, 0xA0, 0xFF] + Array("\r\n".utf8)
        #expect(ResponseFieldLine.parse(line) == Field(name: "X", valueBytes: [0x85, 0xA0, 0xFF]))
    }

    @Test(arguments: [
        "", "\r\n", "X", "X\r\n", ": a", "X : a", "X\t: a", " X: a", "\tfolded", "X: a\rb", "X: a\nb", "X: a\0b",
        "X: a\u{7F}", "X(: a", "X Y: a", "Ü: a", "X: a\r\r\n", "X: a\n\n", "X: \u{B}a", "HTTP/1.1 200 OK",
    ])
    func `is refused`(line: String) {
        #expect(ResponseFieldLine.parse(Array(line.utf8)) == nil)
    }
}

@Suite struct `Response framing` {
    typealias Case = (status: Int, isHead: Bool, fields: FieldSection, expected: ResponseFraming)

    @Test(
        arguments: [
            (200, false, ["Content-Length": "5"], .length(5)), (200, false, ["content-length": "0"], .length(0)),
            (200, false, ["Transfer-Encoding": "Chunked"], .chunked), (200, false, [:], .untilClose),
            (200, false, ["Content-Length": "5", "Content-Length": "5"], .length(5)),
            (200, false, ["Content-Length": "5, 5"], .length(5)), (204, false, [:], .none),
            (204, false, ["Content-Length": "5"], .none), (304, false, ["Content-Length": "5"], .none),
            (200, true, ["Content-Length": "5"], .none), (200, true, ["Transfer-Encoding": "chunked"], .none),
            (103, false, [:], .none),
            (500, false, ["Content-Length": "9223372036854775807"], .length(9_223_372_036_854_775_807)),
        ] as [Case])
    func `is decided`(sample: Case) throws {
        let framing = try ResponseFraming(status: sample.status, isHead: sample.isHead, fields: sample.fields)
        #expect(framing == sample.expected)
    }

    @Test(
        arguments: [
            (["Content-Length": "5", "Content-Length": "6"], .contentLengthsDiffer),
            (["Content-Length": "5, 6"], .contentLengthsDiffer), (["Content-Length": ""], .contentLength),
            (["Content-Length": "+5"], .contentLength), (["Content-Length": "-1"], .contentLength),
            (["Content-Length": "5,"], .contentLength), (["Content-Length": "0x5"], .contentLength),
            (["Content-Length": "9223372036854775808"], .contentLength), (["Content-Length": "5 5"], .contentLength),
            (["Content-Length": "5", "content-length": "x"], .contentLength),
            (["Content-Length": "5", "Transfer-Encoding": "chunked"], .lengthWithTransferEncoding),
            (["Transfer-Encoding": "gzip, chunked"], .transferEncoding), (["Transfer-Encoding": ""], .transferEncoding),
            (["Transfer-Encoding": "identity"], .transferEncoding),
            (["Transfer-Encoding": "chunked", "transfer-encoding": "chunked"], .transferEncoding),
            (["Transfer-Encoding": "chunked, chunked"], .transferEncoding),
        ] as [(FieldSection, ResponseFramingError)])
    func `is refused`(fields: FieldSection, error: ResponseFramingError) {
        #expect(throws: error) { try ResponseFraming(status: 200, isHead: false, fields: fields) }
        #expect(throws: error) { try ResponseFraming(status: 304, isHead: true, fields: fields) }
    }

    @Test func `has no transfer coding in HTTP 1 0`() {
        #expect(throws: ResponseFramingError.transferEncodingInHTTP10) {
            try ResponseFraming(status: 200, isHead: false, minorVersion: 0, fields: ["Transfer-Encoding": "chunked"])
        }
    }
}
