// SPDX-License-Identifier: Apache-2.0

/// Hands the data of each event of a `text/event-stream` to a scanner, piece by piece (WHATWG HTML §9.2.6).
///
/// Whole events without the word `usage` are passed over at one search, once the model is known or was sought in vain.
struct UsageEventReader: Sendable {
    /// Events that are searched for the model.
    private static let modelEvents = 8

    private static let field = Array("data".utf8)

    private enum State: Equatable {
        /// This many bytes of the line seen, all of them those of `data`.
        case field(Int)
        /// After the colon: one space is dropped.
        case value
        case data
        case otherLine
    }

    private var state: State = .field(0)
    private var lastWasCR = false
    /// No byte of the current event but line ends was seen.
    private var isBetweenEvents = true
    private var events = 0
    /// Bytes of a byte order mark still possible at the start of the stream.
    private var markLength: Int? = 0

    mutating func read(_ piece: Span<UInt8>, into scanner: inout UsageScanner) {
        guard piece.count > 0 else { return }
        if isBetweenEvents, !scanner.seeksModel, EventStreamBoundary.endsBetweenEvents(piece), !piece.containsUsage() {
            lastWasCR = piece[piece.count - 1] == 0x0D
            return
        }
        var position = skipByteOrderMark(piece)
        while position < piece.count {
            let byte = piece[position]
            if byte == 0x0A || byte == 0x0D {
                if !(byte == 0x0A && lastWasCR) { endLine(piece, position, into: &scanner) }
                lastWasCR = byte == 0x0D
                position += 1
            } else {
                lastWasCR = false
                isBetweenEvents = false
                position = readLine(piece, position, into: &scanner)
            }
        }
    }

    /// Goes on inside a line that does not end at `start`; returns the offset of its end or an offset before it.
    private mutating func readLine(_ piece: Span<UInt8>, _ start: Int, into scanner: inout UsageScanner) -> Int {
        switch state {
        case .field(let count):
            if count < Self.field.count, piece[start] == Self.field[count] {
                state = .field(count + 1)
            } else {
                state = count == Self.field.count && piece[start] == JSONByte.colon ? .value : .otherLine
            }
            return start + 1
        case .value:
            state = .data
            return piece[start] == 0x20 ? start + 1 : start
        case .data, .otherLine:
            let end = piece.firstOffset(in: start..<piece.count) { $0 == 0x0A || $0 == 0x0D }
            if state == .data { scanner.scan(piece, start..<end) }
            return end
        }
    }

    private mutating func endLine(_ piece: Span<UInt8>, _ offset: Int, into scanner: inout UsageScanner) {
        if state == .field(0) {
            endEvent(&scanner)
        } else if state == .data || state == .value {
            // Lines of one event are joined by a line feed, for which this line end can stand.
            scanner.scan(piece, offset..<(offset + 1))
        }
        state = .field(0)
    }

    private mutating func endEvent(_ scanner: inout UsageScanner) {
        isBetweenEvents = true
        guard scanner.hasBegun else { return }
        scanner.restart()
        events += 1
        // Decided by the count of events alone, so that how the stream is split changes nothing.
        if scanner.model != nil || events >= Self.modelEvents { scanner.seeksModel = false }
    }

    private mutating func skipByteOrderMark(_ piece: Span<UInt8>) -> Int {
        var position = 0
        while let length = markLength, position < piece.count {
            guard length < 3, piece[position] == [0xEF, 0xBB, 0xBF][length] else {
                markLength = nil
                break
            }
            markLength = length + 1
            position += 1
        }
        return position
    }
}

extension Span<UInt8> {
    /// Whether the word `usage` occurs, looking at one byte in five where it does not (Boyer, Moore, Horspool).
    fileprivate func containsUsage() -> Bool {
        var last = 4
        while last < count {
            switch self[last] {
            case UInt8(ascii: "e"):
                if self[last - 1] == UInt8(ascii: "g"), self[last - 2] == UInt8(ascii: "a"),
                    self[last - 3] == UInt8(ascii: "s"), self[last - 4] == UInt8(ascii: "u")
                {
                    return true
                }
                last += 5
            case UInt8(ascii: "g"): last += 1
            case UInt8(ascii: "a"): last += 2
            case UInt8(ascii: "s"): last += 3
            case UInt8(ascii: "u"): last += 4
            default: last += 5
            }
        }
        return false
    }
}
