// SPDX-License-Identifier: Apache-2.0
import HTTPWire

/// The chunked decoder, behind a fixed head: a lenient reader finds the same body and the same end, and what the relay
/// itself encodes is read back.
enum ChunkedFuzz {
    private static let head = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)

    static func run(_ input: [UInt8]) throws {
        let wire = head + input
        let whole = try RequestReading([wire[...]], limits: RequestFuzz.small)
        let single = try RequestReading(wire.indices.map { wire[$0...$0] }, limits: RequestFuzz.small)
        try require(whole == single, "octet by octet the meaning is another")
        if let body = whole.bodies.first {
            let lenient = Self.lenient(input)
            try require(lenient?.body == body, "a lenient reader finds another body")
            if whole.bodies.count == 1, whole.error == nil {
                try require(lenient?.length == whole.length - head.count, "a lenient reader finds another end")
            }
        }

        var encoded = head
        let cut = input.count / 3
        for chunk in [input[..<cut], input[cut...]] where !chunk.isEmpty {
            encoded += ResponseEncoder.withChunkSize(chunk.count) { span in span.indices.map { span[$0] } }
            encoded += chunk + ResponseEncoder.lineEnd
        }
        encoded += ResponseEncoder.lastChunk
        let read = try RequestReading([encoded[...]], limits: ParseLimits())
        try require(read.bodies == [input] && read.error == nil, "what was encoded is not read back")
    }

    /// Reads as a careless server would: the hexadecimal digits count, whatever else stands in the line.
    private static func lenient(_ bytes: [UInt8]) -> (body: [UInt8], length: Int)? {
        var body: [UInt8] = []
        var rest = bytes[...]
        while let line = takeLine(&rest) {
            let digits = String(decoding: line.prefix { Character(Unicode.Scalar($0)).isHexDigit }, as: UTF8.self)
            guard let size = Int(digits, radix: 16) else { return nil }
            if size == 0 {
                while let trailer = takeLine(&rest) {
                    if trailer.isEmpty { return (body, rest.startIndex) }
                }
                return nil
            }
            guard rest.count >= size + 2 else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return nil
    }

    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: 0x0A), end > rest.startIndex, rest[end - 1] == 0x0D else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[..<(end - 1)]
    }
}
