// SPDX-License-Identifier: Apache-2.0

/// Writes responses to the end of a buffer and adds nothing that was not given: no Date, no framing fields.
package enum ResponseEncoder {
    /// The interim answer to `Expect: 100-continue`.
    package static let continueResponse: [UInt8] = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// The last chunk and the empty trailer section.
    package static let lastChunk: [UInt8] = Array("0\r\n\r\n".utf8)

    /// What follows the bytes of a chunk.
    package static let lineEnd: [UInt8] = [0x0D, 0x0A]

    /// Appends status line, fields in their order and the empty line.
    ///
    /// The version is always HTTP/1.1, also towards HTTP/1.0 clients (RFC 9110 §6.2). `reason` is the phrase as octets,
    /// nil takes the usual one. Whatever the fields hold, the result is one well-formed head: a control in a phrase or
    /// value becomes a space (RFC 9110 §5.5), a field whose name is not a token is left out.
    package static func appendHead(
        status: Int, reason: [UInt8]? = nil, fields: FieldSection, to buffer: inout [UInt8]
    ) {
        buffer.append(contentsOf: "HTTP/1.1 ".utf8)
        for unit in [100, 10, 1] { buffer.append(UInt8(ascii: "0") + UInt8(abs(status / unit % 10))) }
        buffer.append(UInt8(ascii: " "))
        if let reason {
            appendText(reason, to: &buffer)
        } else {
            buffer.append(contentsOf: reasonPhrase(status).utf8)
        }
        appendLineEnd(to: &buffer)
        for field in fields where Field.isName(field.name) {
            buffer.append(contentsOf: field.name.utf8)
            buffer.append(UInt8(ascii: ":"))
            buffer.append(UInt8(ascii: " "))
            appendText(field.valueBytes, to: &buffer)
            appendLineEnd(to: &buffer)
        }
        appendLineEnd(to: &buffer)
    }

    /// Lends a chunk's first line; the chunk's bytes and `lineEnd` follow it.
    ///
    /// No bytes make no chunk: an empty one would end the body.
    package static func withChunkSize<R>(_ count: Int, _ body: (Span<UInt8>) -> R) -> R {
        // As many digits as 64 bits have, and the line end.
        var line = InlineArray<18, UInt8>(repeating: carriageReturn)
        line[17] = lineFeed
        var start = 16
        var rest = UInt(bitPattern: count)
        repeat {
            start -= 1
            let digit = UInt8(truncatingIfNeeded: rest & 0xF)
            line[start] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            rest >>= 4
        } while rest > 0
        return body(line.span.extracting(start..<18))
    }

    private static func appendText(_ bytes: [UInt8], to buffer: inout [UInt8]) {
        if bytes.allSatisfy(isValueByte) {
            buffer.append(contentsOf: bytes)
        } else {
            buffer.append(contentsOf: bytes.lazy.map { isValueByte($0) ? $0 : UInt8(ascii: " ") })
        }
    }

    private static func appendLineEnd(to buffer: inout [UInt8]) {
        buffer.append(carriageReturn)
        buffer.append(lineFeed)
    }
}
