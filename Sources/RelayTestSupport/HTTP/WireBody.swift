// SPDX-License-Identifier: Apache-2.0

/// How the end of a body is known.
package enum WireFraming: Sendable, Equatable {
    case none
    case length(Int)
    case chunked
    case untilClose

    /// Framing of a request by its head.
    package init(request head: WireHead) throws {
        if head["Transfer-Encoding"]?.lowercased() == "chunked" {
            self = .chunked
        } else if let text = head["Content-Length"] {
            guard let length = Int(text), length >= 0 else { throw SupportError.malformed("length \"\(text)\"") }
            self = length == 0 ? .none : .length(length)
        } else {
            self = .none
        }
    }
}

/// Reads one body piece by piece from a connection.
package struct WireBody: Sendable {
    package enum Piece: Sendable, Equatable {
        /// Part of a body; `endsChunk` is true when a chunk of the chunked coding is complete.
        case bytes([UInt8], endsChunk: Bool)
        case end(trailers: [WireField])
    }

    private let connection: BufferedSocket
    private var framing: WireFraming
    private var leftInChunk = 0
    private var ended = false

    package init(framing: WireFraming, on connection: BufferedSocket) {
        self.framing = framing
        self.connection = connection
    }

    /// The next piece; throws `SupportError.closedByPeer` if the body is torn.
    package mutating func next(by deadline: Deadline) throws -> Piece {
        if ended { return .end(trailers: []) }
        switch framing {
        case .none: return finish([])
        case .length(let left):
            if left == 0 { return finish([]) }
            let bytes = try connection.takeSome(upTo: min(left, 65_536), by: deadline)
            if bytes.isEmpty { throw SupportError.closedByPeer("\(left) more body bytes came") }
            framing = .length(left - bytes.count)
            return .bytes(bytes, endsChunk: false)
        case .untilClose:
            let bytes = try connection.takeSome(by: deadline)
            return bytes.isEmpty ? finish([]) : .bytes(bytes, endsChunk: false)
        case .chunked:
            if leftInChunk == 0 {
                leftInChunk = try nextChunkSize(by: deadline)
                if leftInChunk == 0 { return finish(try trailers(by: deadline)) }
            }
            let bytes = try connection.takeSome(upTo: min(leftInChunk, 65_536), by: deadline)
            if bytes.isEmpty { throw SupportError.closedByPeer("\(leftInChunk) more chunk bytes came") }
            leftInChunk -= bytes.count
            if leftInChunk == 0, try connection.take(exactly: 2, by: deadline) != [13, 10] {
                throw SupportError.malformed("no CRLF after chunk data")
            }
            return .bytes(bytes, endsChunk: leftInChunk == 0)
        }
    }

    /// The whole body.
    package mutating func collect(by deadline: Deadline) throws -> [UInt8] {
        var whole: [UInt8] = []
        while case .bytes(let bytes, _) = try next(by: deadline) { whole += bytes }
        return whole
    }

    private mutating func finish(_ trailers: [WireField]) -> Piece {
        ended = true
        return .end(trailers: trailers)
    }

    private func nextChunkSize(by deadline: Deadline) throws -> Int {
        guard let line = try connection.take(through: [13, 10], by: deadline) else {
            throw SupportError.closedByPeer("the last chunk came")
        }
        let text = latin1(line.dropLast(2)).prefix { $0 != ";" }
        guard let first = text.first, first.isHexDigit, let size = Int(text.trimmingBlanks, radix: 16) else {
            throw SupportError.malformed("chunk size \"\(text)\"")
        }
        return size
    }

    private func trailers(by deadline: Deadline) throws -> [WireField] {
        var fields: [WireField] = []
        while let line = try connection.take(through: [13, 10], by: deadline) {
            if line.count == 2 { return fields }
            fields += try WireHead(parsing: Array("x\r\n".utf8) + line + [13, 10]).fields
        }
        throw SupportError.closedByPeer("the trailer section ended")
    }
}
