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

    /// Appends one chunk, its framing included; no bytes make no chunk, since an empty one would end the body.
    package static func appendChunk(_ bytes: [UInt8], to buffer: inout [UInt8]) {
        appendChunk(bytes[...], to: &buffer)
    }

    package static func appendChunk(_ bytes: ArraySlice<UInt8>, to buffer: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        appendChunkSize(bytes.count, to: &buffer)
        buffer.append(contentsOf: bytes)
        appendLineEnd(to: &buffer)
    }

    package static func appendChunk(_ bytes: Span<UInt8>, to buffer: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        appendChunkSize(bytes.count, to: &buffer)
        buffer.append(copying: bytes)
        appendLineEnd(to: &buffer)
    }

    /// Appends a chunk's first line; the chunk's bytes and `lineEnd` follow it.
    package static func appendChunkSize(_ count: Int, to buffer: inout [UInt8]) {
        var shift = (count.bitWidth - count.leadingZeroBitCount + 3) / 4 * 4
        while shift > 0 {
            shift -= 4
            let digit = UInt8(count >> shift & 0xF)
            buffer.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        appendLineEnd(to: &buffer)
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
