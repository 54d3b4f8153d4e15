// SPDX-License-Identifier: Apache-2.0

/// Reads the request line, in pieces of any size (RFC 9112 §3).
///
/// Up to two empty lines before it are skipped, as old clients send one after a body (RFC 9112 §2.2). Exactly one SP
/// stands between the parts. A method or target that grows too long is refused at the octet that is too many.
struct RequestLineScanner: Sendable {
    private enum Place { case start, emptyLineEnd, method, target, version, lineEnd }

    private(set) var method = ""
    /// The target as received.
    private(set) var target: [UInt8] = []
    private(set) var majorVersion: UInt8 = 0
    private(set) var minorVersion: UInt8 = 0
    private let maxTarget: Int
    private var place = Place.start
    private var emptyLines = 0
    private var versionLength = 0
    /// The beginning of the method, if it came with an earlier piece.
    private var kept: [UInt8] = []

    init(maxTarget: Int) { self.maxTarget = maxTarget }

    /// Whether nothing but whole empty lines has been seen.
    var isAtStart: Bool { place == .start }

    /// Reads on from `position` and moves it; true once the line end is consumed.
    mutating func scan(
        _ input: Span<UInt8>, at position: inout Int, before end: Int
    ) throws(ParseError) -> Bool {
        while position < end {
            switch place {
            case .start:
                try start(input[position], at: &position)
            case .emptyLineEnd:
                guard input[position] == lineFeed else { throw .bareCarriageReturn }
                position += 1
                place = .start
            case .method:
                let start = position
                while position < end, isTokenByte(input[position]) { position += 1 }
                guard kept.count + position - start <= maxTarget else { throw .targetTooLong }
                guard position < end else {
                    kept.append(copying: input.extracting(start..<end))
                    return false
                }
                try endMethod(input[position], rest: input.extracting(start..<position))
                position += 1
            case .target:
                let start = position
                while position < end, ByteClass.target.contains(input[position]) { position += 1 }
                guard target.count + position - start <= maxTarget else { throw .targetTooLong }
                target.append(copying: input.extracting(start..<position))
                guard position < end else { return false }
                try endTarget(input[position])
                position += 1
            case .version:
                try takeVersion(input[position])
                position += 1
            case .lineEnd:
                guard input[position] == lineFeed else { throw .bareCarriageReturn }
                position += 1
                return true
            }
        }
        return false
    }

    private mutating func start(_ byte: UInt8, at position: inout Int) throws(ParseError) {
        if byte == carriageReturn {
            guard emptyLines < 2 else { throw .emptyLines }
            emptyLines += 1
            position += 1
            place = .emptyLineEnd
            return
        }
        if byte == lineFeed { throw .bareLineFeed }
        guard isTokenByte(byte) else { throw .method }
        place = .method
    }

    private mutating func endMethod(_ byte: UInt8, rest: Span<UInt8>) throws(ParseError) {
        switch byte {
        case UInt8(ascii: " "): break
        case lineFeed: throw .bareLineFeed
        case carriageReturn: throw .version
        default: throw .method
        }
        if kept.isEmpty {
            method = asciiText(rest)
        } else {
            kept.append(copying: rest)
            method = asciiText(kept.span)
            kept = []
        }
        place = .target
    }

    private mutating func endTarget(_ byte: UInt8) throws(ParseError) {
        switch byte {
        case UInt8(ascii: " ") where !target.isEmpty: place = .version
        case lineFeed: throw .bareLineFeed
        case carriageReturn where !target.isEmpty: throw .version
        default: throw .target
        }
    }

    /// Takes one octet of `HTTP/`, digit, `.`, digit and the CR after it.
    private mutating func takeVersion(_ byte: UInt8) throws(ParseError) {
        if byte == lineFeed { throw .bareLineFeed }
        let fits =
            switch versionLength {
            case 0: byte == UInt8(ascii: "H")
            case 1, 2: byte == UInt8(ascii: "T")
            case 3: byte == UInt8(ascii: "P")
            case 4: byte == UInt8(ascii: "/")
            case 5, 7: isDigit(byte)
            case 6: byte == UInt8(ascii: ".")
            default: byte == carriageReturn
            }
        guard fits else { throw .version }
        if versionLength == 5 { majorVersion = byte &- 0x30 }
        if versionLength == 7 { minorVersion = byte &- 0x30 }
        if versionLength == 8 { place = .lineEnd }
        versionLength += 1
    }
}
