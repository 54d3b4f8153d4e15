// SPDX-License-Identifier: Apache-2.0

/// The first line of a response (RFC 9112 §4).
package struct StatusLine: Equatable, Sendable {
    /// 0 or 1 for HTTP/1, and 1 for the lines that libcurl makes up for HTTP/2 and HTTP/3.
    package var minorVersion: Int
    /// 100 to 999; of what is beyond 599 the first digit means nothing (RFC 9110 §15).
    package var status: Int
    /// The phrase as octets, possibly empty.
    package var reason: [UInt8]

    /// Reads a line with or without its line end; nil if it is not a status line.
    ///
    /// `synthetic` also takes `HTTP/2 200`, which no upstream can send on the wire of HTTP/1. The space before an empty
    /// phrase may be missing, as it is in the answers of many servers.
    package init?(_ line: Span<UInt8>, synthetic: Bool = false) {
        guard let rest = Self.afterVersion(line, synthetic: synthetic) else { return nil }
        minorVersion = rest.minorVersion
        let (start, end) = (rest.start, lengthWithoutLineEnd(line))
        guard end - start >= 3 else { return nil }
        status = 0
        for index in start..<(start + 3) {
            guard isDigit(line[index]) else { return nil }
            status = status * 10 + Int(line[index] &- 0x30)
        }
        guard status >= 100 else { return nil }
        reason = []
        guard end > start + 3 else { return }
        guard line[start + 3] == UInt8(ascii: " ") else { return nil }
        reason = octets(line.extracting((start + 4)..<end))
        guard reason.allSatisfy(isValueByte) else { return nil }
    }

    package init?(_ line: [UInt8], synthetic: Bool = false) { self.init(line.span, synthetic: synthetic) }

    /// The place behind `HTTP/1.x` and its space.
    private static func afterVersion(_ line: Span<UInt8>, synthetic: Bool) -> (start: Int, minorVersion: Int)? {
        guard line.count >= 8 else { return nil }
        for (index, byte) in "HTTP/".utf8.enumerated() where line[index] != byte { return nil }
        if line[5] == UInt8(ascii: "1"), line[6] == UInt8(ascii: "."), isDigit(line[7]) {
            guard line.count > 8, line[8] == UInt8(ascii: " ") else { return nil }
            return (9, line[7] == UInt8(ascii: "0") ? 0 : 1)
        }
        let isLater = line[5] == UInt8(ascii: "2") || line[5] == UInt8(ascii: "3")
        return synthetic && isLater && line[6] == UInt8(ascii: " ") ? (7, 1) : nil
    }
}

/// The length of a line without CR LF or LF at its end.
///
/// LF alone is taken here: the client library has already found the lines, and they are written anew.
func lengthWithoutLineEnd(_ line: Span<UInt8>) -> Int {
    var length = line.count
    if length > 0, line[length - 1] == lineFeed {
        length -= 1
        if length > 0, line[length - 1] == carriageReturn { length -= 1 }
    }
    return length
}
