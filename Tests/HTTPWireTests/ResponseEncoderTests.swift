// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayTestSupport
import Testing

@Suite struct `Response encoder` {
    private func head(status: Int, reason: [UInt8]? = nil, fields: FieldSection = [:]) -> String {
        var buffer: [UInt8] = Array("<".utf8)
        ResponseEncoder.appendHead(status: status, reason: reason, fields: fields, to: &buffer)
        return Escapes.encode(buffer)
    }

    @Test func `writes fields in their order and spelling and adds none`() {
        let text = head(status: 200, fields: ["content-TYPE": "a/b", "X": "", "x": "2"])
        #expect(text == "<HTTP/1.1 200 OK\\r\\ncontent-TYPE: a/b\\r\\nX: \\r\\nx: 2\\r\\n\\r\\n")
    }

    @Test(arguments: [
        (404, nil, "404 Not Found"), (599, nil, "599 "), (200, "Fine", "200 Fine"), (200, "", "200 "),
        (429, nil, "429 Too Many Requests"), (999, "\u{E9}", "999 \\xc3\\xa9"),
        (200, "a\r\nX: y", "200 a  X: y"),
    ])
    func `writes the phrase given or the usual one`(status: Int, reason: String?, expected: String) {
        #expect(head(status: status, reason: reason.map { Array($0.utf8) }) == "<HTTP/1.1 \(expected)\\r\\n\\r\\n")
    }

    @Test func `cannot be made to write a line of someone else's`() {
        let fields: FieldSection = [
            "X": "a\r\nSet-Cookie: b", "Y\r\nZ": "c", "": "d", "V": "e\0f\u{7F}", "W ": "g", "T": "h\ti",
        ]
        #expect(
            head(status: 200, fields: fields)
                == "<HTTP/1.1 200 OK\\r\\nX: a  Set-Cookie: b\\r\\nV: e f \\r\\nT: h\\ti\\r\\n\\r\\n")
    }

    @Test func `passes octets above 0x7F`() {
        let octets = Array(UInt8(0x80)...0xFF)
        var buffer: [UInt8] = []
        ResponseEncoder.appendHead(
            status: 200, fields: FieldSection([Field(name: "X", valueBytes: octets)]), to: &buffer)
        #expect(buffer == Array("HTTP/1.1 200 OK\r\nX: ".utf8) + octets + Array("\r\n\r\n".utf8))
    }

    @Test(arguments: [
        (1, "1"), (9, "9"), (10, "a"), (15, "f"), (16, "10"), (255, "ff"), (256, "100"), (4095, "fff"), (4096, "1000"),
        (65_536, "10000"), (1_048_575, "fffff"), (Int.max, "7fffffffffffffff"),
    ])
    func `writes a chunk's size`(count: Int, size: String) {
        let line = ResponseEncoder.withChunkSize(count) { span in span.indices.map { span[$0] } }
        #expect(line == Array("\(size)\r\n".utf8))
    }

    @Test func `knows the fixed pieces`() {
        #expect(ResponseEncoder.lastChunk == Array("0\r\n\r\n".utf8))
        #expect(ResponseEncoder.continueResponse == Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }

    @Test func `writes what the decoder reads`() {
        var wire = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        for text in ["hello", " ", "world 0123456789"] {
            wire += ResponseEncoder.withChunkSize(text.utf8.count) { span in span.indices.map { span[$0] } }
            wire += Array(text.utf8) + ResponseEncoder.lineEnd
        }
        wire += ResponseEncoder.lastChunk
        let log = EventLog.run([wire[...]], limits: ParseLimits())
        #expect(log.text.hasSuffix("body hello world 0123456789\nend\n"))
    }
}
