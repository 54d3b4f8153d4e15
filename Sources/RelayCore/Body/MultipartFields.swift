// SPDX-License-Identifier: Apache-2.0

/// Reads the short text fields of a `multipart/form-data` body in place; files are only searched for their end.
///
/// Linear in the body whatever it holds: a boundary holds no CR, so that no byte is compared twice.
struct MultipartFields {
    /// All header fields of one part together.
    private static let maximumHeader = 16 * 1_024
    /// One field's text.
    private static let maximumText = 1_024

    private let delimiter: [UInt8]

    init(_ boundary: MultipartBoundary) { delimiter = boundary.delimiter }

    private struct Delimiter {
        /// End of the content before it.
        var start: Int
        /// The line after it.
        var end: Int
        var isClosing: Bool
    }

    /// The text of the last complete field of that name, file parts left out; nil if there is none.
    ///
    /// Only parts that a delimiter ends are complete. A text that is too long or not UTF-8 counts as none.
    func lastText(of name: [UInt8], in body: Span<UInt8>) -> String? {
        guard var current = firstDelimiter(in: body) else { return nil }
        var found: String?
        while !current.isClosing, let header = header(from: current.end, in: body),
            let next = delimiter(from: header.end - 2, in: body)
        {
            if header.fieldName == name { found = text(min(header.end, next.start)..<next.start, in: body) }
            current = next
        }
        return found
    }

    private func text(_ range: Range<Int>, in body: Span<UInt8>) -> String? {
        guard range.count <= Self.maximumText else { return nil }
        let bytes = range.map { body[$0] }
        return JSONScanner.isUTF8(bytes.span) ? String(decoding: bytes, as: UTF8.self) : nil
    }

    /// What the header of the part at `start` says: its field name, unless it is a file, and where content begins.
    private func header(from start: Int, in body: Span<UInt8>) -> (fieldName: [UInt8]?, end: Int)? {
        var lineStart = start
        var fieldName: [UInt8]?
        while lineStart - start <= Self.maximumHeader {
            let lineEnd = body.firstOffset(of: 0x0D, from: lineStart)
            guard lineEnd + 1 < body.count, body[lineEnd + 1] == 0x0A, lineEnd - start <= Self.maximumHeader else {
                return nil
            }
            if lineEnd == lineStart { return (fieldName, lineEnd + 2) }
            let line = (lineStart..<lineEnd).map { body[$0] }
            if let disposition = Self.disposition(line), disposition["filename"] == nil,
                disposition["filename*"] == nil
            {
                fieldName = disposition["name"]
            }
            lineStart = lineEnd + 2
        }
        return nil
    }

    private static func disposition(_ line: [UInt8]) -> HeaderParameters? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
            line[..<colon].map(HeaderParameters.lowercased) == Array("content-disposition".utf8)
        else { return nil }
        let parameters = HeaderParameters(Array(line[(colon + 1)...]))
        return parameters.value == Array("form-data".utf8) ? parameters : nil
    }

    private func firstDelimiter(in body: Span<UInt8>) -> Delimiter? {
        delimiter(contentEnd: 0, lineStart: 0, in: body) ?? delimiter(from: 0, in: body)
    }

    /// The next delimiter whose line break begins at or after `start`.
    private func delimiter(from start: Int, in body: Span<UInt8>) -> Delimiter? {
        var position = start
        while true {
            position = body.firstOffset(of: 0x0D, from: position)
            guard position + 1 < body.count else { return nil }
            if body[position + 1] == 0x0A,
                let found = delimiter(contentEnd: position, lineStart: position + 2, in: body)
            {
                return found
            }
            position += 1
        }
    }

    /// A delimiter that fills the line at `lineStart`: white space may follow it, `--` closes the body.
    private func delimiter(contentEnd: Int, lineStart: Int, in body: Span<UInt8>) -> Delimiter? {
        var position = lineStart
        guard position + delimiter.count + 2 <= body.count else { return nil }
        for byte in delimiter {
            guard body[position] == byte else { return nil }
            position += 1
        }
        if body[position] == UInt8(ascii: "-"), body[position + 1] == UInt8(ascii: "-") {
            return Delimiter(start: contentEnd, end: position + 2, isClosing: true)
        }
        while position < body.count, HeaderParameters.isBlank(body[position]) { position += 1 }
        guard position + 1 < body.count, body[position] == 0x0D, body[position + 1] == 0x0A else { return nil }
        return Delimiter(start: contentEnd, end: position + 2, isClosing: false)
    }
}
