// SPDX-License-Identifier: Apache-2.0

/// One field line of a response, read from its bytes.
package enum ResponseFieldLine {
    /// Reads a line with or without its line end; nil for anything but a token, a colon and a clean value.
    ///
    /// A folded line, white space before the colon, NUL and bare CR are refused as they are in requests; the client
    /// gets 502 (RFC 9112 §5.1, §5.2).
    package static func parse(_ line: Span<UInt8>) -> Field? {
        var end = lengthWithoutLineEnd(line)
        var colon = 0
        while colon < end, isTokenByte(line[colon]) { colon += 1 }
        guard colon > 0, colon < end, line[colon] == UInt8(ascii: ":") else { return nil }
        var start = colon + 1
        while start < end, isBlank(line[start]) { start += 1 }
        while end > start, isBlank(line[end - 1]) { end -= 1 }
        for index in start..<end where !isValueByte(line[index]) { return nil }
        return Field(
            name: asciiText(line.extracting(0..<colon)), valueBytes: octets(line.extracting(start..<end)))
    }

    package static func parse(_ line: [UInt8]) -> Field? { parse(line.span) }
}
