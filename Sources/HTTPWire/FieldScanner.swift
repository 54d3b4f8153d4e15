// SPDX-License-Identifier: Apache-2.0

/// Reads the field lines of a head or of a trailer section, in pieces of any size (RFC 9112 §5, §7.1.2).
///
/// Every octet is looked at once: what an earlier piece left unfinished is kept aside and never read again. Errors
/// depend on the octets alone, not on how they were cut.
struct FieldScanner: Sendable {
    private enum Place { case lineStart, name, blank, value, lineEnd, sectionEnd }

    private(set) var fields = FieldSection()
    private let keepsFields: Bool
    private let maxFields: Int
    private var place = Place.lineStart
    private var count = 0
    private var name = ""
    /// The beginning of the name or value at hand, if it came with an earlier piece.
    private var kept: [UInt8] = []

    /// A trailer section is checked as a head is, but not kept.
    init(keepsFields: Bool, maxFields: Int) {
        self.keepsFields = keepsFields
        self.maxFields = maxFields
    }

    /// Reads on from `position` and moves it; true once the empty line after the fields is consumed.
    mutating func scan(
        _ input: Span<UInt8>, at position: inout Int, before end: Int
    ) throws(ParseError) -> Bool {
        while position < end {
            switch place {
            case .lineStart:
                try startLine(input[position], at: &position)
            case .name:
                let start = position
                while position < end, isTokenByte(input[position]) { position += 1 }
                guard position < end else { return keep(input.extracting(start..<end)) }
                guard input[position] == UInt8(ascii: ":") else { throw nameError(input[position]) }
                name = takeName(input.extracting(start..<position))
                position += 1
                place = .blank
            case .blank:
                if isBlank(input[position]) { position += 1 } else { place = .value }
            case .value:
                let start = position
                while position < end, isValueByte(input[position]) { position += 1 }
                guard position < end else { return keep(input.extracting(start..<end)) }
                guard input[position] == carriageReturn else {
                    throw input[position] == lineFeed ? .bareLineFeed : .fieldValue
                }
                takeValue(input.extracting(start..<position))
                position += 1
                place = .lineEnd
            case .lineEnd:
                guard input[position] == lineFeed else { throw .bareCarriageReturn }
                position += 1
                place = .lineStart
            case .sectionEnd:
                guard input[position] == lineFeed else { throw .bareCarriageReturn }
                position += 1
                place = .lineStart
                return true
            }
        }
        return false
    }

    private mutating func startLine(_ byte: UInt8, at position: inout Int) throws(ParseError) {
        if byte == carriageReturn {
            place = .sectionEnd
            position += 1
            return
        }
        if byte == lineFeed { throw .bareLineFeed }
        if isBlank(byte) { throw .foldedField }
        guard isTokenByte(byte) else { throw .fieldName }
        guard count < maxFields else { throw keepsFields ? .tooManyFields : .tooManyTrailers }
        count += 1
        place = .name
    }

    private func nameError(_ byte: UInt8) -> ParseError {
        switch byte {
        case lineFeed: .bareLineFeed
        case carriageReturn: .fieldWithoutColon
        case _ where isBlank(byte): .spaceBeforeColon
        default: .fieldName
        }
    }

    private mutating func keep(_ piece: Span<UInt8>) -> Bool {
        if keepsFields { kept.append(copying: piece) }
        return false
    }

    private mutating func takeName(_ rest: Span<UInt8>) -> String {
        guard keepsFields else { return "" }
        if kept.isEmpty { return asciiText(rest) }
        kept.append(copying: rest)
        defer { kept = [] }
        return asciiText(kept.span)
    }

    private mutating func takeValue(_ rest: Span<UInt8>) {
        guard keepsFields else { return }
        if count == 1 { fields.reserveCapacity(16) }
        if kept.isEmpty {
            var length = rest.count
            while length > 0, isBlank(rest[length - 1]) { length -= 1 }
            fields.append(Field(name: name, valueBytes: octets(rest.extracting(0..<length))))
        } else {
            kept.append(copying: rest)
            while let last = kept.last, isBlank(last) { kept.removeLast() }
            fields.append(Field(name: name, valueBytes: kept))
            kept = []
        }
    }
}
