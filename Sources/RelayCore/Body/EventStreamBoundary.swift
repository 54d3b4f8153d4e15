// SPDX-License-Identifier: Apache-2.0

/// Follows a `text/event-stream` and knows whether it stands between two events, where a comment may be put in.
///
/// Lines end with CR, LF or CRLF; an event ends with an empty line; the start counts as between, a byte order mark
/// there too (WHATWG HTML §9.2.5). Only the line ends at the end of a piece matter, so that a piece costs next to
/// nothing.
package struct EventStreamBoundary: Sendable {
    private enum State { case between, lineStart, inLine }

    private static let byteOrderMark: [3 of UInt8] = [0xEF, 0xBB, 0xBF]

    private var state: State = .between
    private var lastWasCR = false
    /// Bytes of a byte order mark seen so far at the start of the stream; nil once anything else came.
    private var markLength: Int? = 0

    package init() {}

    /// Whether `bytes`, which begin between two events but not the stream, end so as well.
    static func endsBetweenEvents(_ bytes: Span<UInt8>) -> Bool {
        var boundary = EventStreamBoundary()
        boundary.markLength = nil
        boundary.observe(bytes)
        return boundary.isBetweenEvents
    }

    /// Whether the last byte seen ended an event, or none was seen yet.
    ///
    /// A CR that ends the empty line counts at once: if its LF follows later, that is one more empty line, which means
    /// nothing.
    package var isBetweenEvents: Bool { state == .between }

    /// Takes the next bytes of the stream, split anywhere.
    package mutating func observe(_ piece: Span<UInt8>) {
        var position = 0
        while let length = markLength, position < piece.count {
            guard length < 3, piece[position] == Self.byteOrderMark[length] else {
                markLength = nil
                break
            }
            markLength = length + 1
            state = length == 2 ? .between : .inLine
            position += 1
        }
        var tail = piece.count
        while tail > position, piece[tail - 1] == 0x0A || piece[tail - 1] == 0x0D { tail -= 1 }
        if tail > position {
            state = .inLine
            lastWasCR = false
        }
        for offset in tail..<piece.count { lineEnd(piece[offset]) }
    }

    private mutating func lineEnd(_ byte: UInt8) {
        defer { lastWasCR = byte == 0x0D }
        if byte == 0x0A && lastWasCR { return }
        state = state == .inLine ? .lineStart : .between
    }
}
