// SPDX-License-Identifier: Apache-2.0

/// Takes the chunked coding off a body, in pieces of any size (RFC 9112 §7.1).
///
/// Extensions and trailers are checked, bounded and dropped. Where a lenient reader would guess (LF alone, white space
/// after a size, more data than announced) this one refuses, since the next hop might guess otherwise.
struct ChunkedDecoder: Sendable {
    enum Step: Equatable { case needMore, data(Range<Int>), end }

    private enum Place { case size, blank, extensions, sizeEnd, data, dataEnd, dataLineEnd, trailers }

    private var place = Place.size
    private var size: UInt64 = 0
    private var digits = 0
    private var extensionBudget: Int
    private var trailerBudget: Int
    private var trailers: FieldScanner

    init(limits: ParseLimits) {
        extensionBudget = limits.maxChunkExtensions
        trailerBudget = limits.maxHeader
        trailers = FieldScanner(keepsFields: false, maxFields: limits.maxFields)
    }

    /// Reads on from `position` and moves it, up to the next piece of data or the end of the body.
    mutating func decode(_ input: Span<UInt8>, at position: inout Int) throws(ParseError) -> Step {
        while position < input.count {
            switch place {
            case .size:
                try takeSize(input[position])
                position += 1
            case .blank:
                try takeBlank(input[position])
                position += 1
            case .extensions:
                let start = position
                while position < input.count, isValueByte(input[position]) { position += 1 }
                try spendExtensions(position - start)
                guard position < input.count else { return .needMore }
                guard input[position] == carriageReturn else {
                    throw input[position] == lineFeed ? .bareLineFeed : .chunkExtension
                }
                position += 1
                place = .sizeEnd
            case .sizeEnd:
                guard input[position] == lineFeed else { throw .bareCarriageReturn }
                position += 1
                place = size == 0 ? .trailers : .data
            case .data:
                return takeData(input, at: &position)
            case .dataEnd:
                guard input[position] == carriageReturn else { throw .chunkEnd }
                position += 1
                place = .dataLineEnd
            case .dataLineEnd:
                guard input[position] == lineFeed else { throw .chunkEnd }
                position += 1
                (place, digits) = (.size, 0)
            case .trailers:
                return try takeTrailers(input, at: &position)
            }
        }
        return .needMore
    }

    private mutating func takeSize(_ byte: UInt8) throws(ParseError) {
        if let value = hexValue(byte) {
            // Sixteen digits fill 64 bits; the top bit is left free, so that sizes fit signed counters too.
            guard digits < 16, size >> 59 == 0 else { throw .chunkSize }
            size = size << 4 | UInt64(value)
            digits += 1
            return
        }
        if byte == lineFeed { throw .bareLineFeed }
        guard digits > 0 else { throw .chunkSize }
        switch byte {
        case carriageReturn: place = .sizeEnd
        case UInt8(ascii: ";"): try beginExtensions()
        case _ where isBlank(byte): try takeBlank(byte)
        default: throw .chunkSize
        }
    }

    /// White space after a size is taken only if an extension follows (RFC 9112 §7.1.1).
    private mutating func takeBlank(_ byte: UInt8) throws(ParseError) {
        if byte == lineFeed { throw .bareLineFeed }
        if byte == UInt8(ascii: ";") { return try beginExtensions() }
        guard isBlank(byte) else { throw .chunkSize }
        try spendExtensions(1)
        place = .blank
    }

    private mutating func beginExtensions() throws(ParseError) {
        try spendExtensions(1)
        place = .extensions
    }

    private mutating func spendExtensions(_ count: Int) throws(ParseError) {
        extensionBudget -= count
        if extensionBudget < 0 { throw .chunkExtensionsTooLong }
    }

    private mutating func takeData(_ input: Span<UInt8>, at position: inout Int) -> Step {
        let start = position
        let available = input.count - position
        position += size < UInt64(available) ? Int(size) : available
        size -= UInt64(position - start)
        if size == 0 { place = .dataEnd }
        return .data(start..<position)
    }

    private mutating func takeTrailers(_ input: Span<UInt8>, at position: inout Int) throws(ParseError) -> Step {
        let start = position
        let end = input.count - position > trailerBudget ? position + trailerBudget : input.count
        if try trailers.scan(input, at: &position, before: end) { return .end }
        trailerBudget -= position - start
        if trailerBudget <= 0 { throw .trailersTooLarge }
        return .needMore
    }
}
