// SPDX-License-Identifier: Apache-2.0

/// A socket with a read-ahead buffer; one reader at a time, any thread.
package final class BufferedSocket: Sendable {
    package let socket: StreamSocket
    /// Held while a reader waits in the kernel, so readers take turns.
    private let buffer = Monitor([UInt8]())

    package init(_ socket: StreamSocket) { self.socket = socket }

    /// Everything up to and with `terminator`; nil at FIN before the first byte.
    package func take(through terminator: [UInt8], limit: Int = 1 << 20, by deadline: Deadline) throws -> [UInt8]? {
        try buffer.withLock { buffer in
            var searched = 0
            while true {
                if let end = Self.end(of: terminator, in: buffer, from: searched) {
                    let taken = Array(buffer[..<end])
                    buffer.removeFirst(end)
                    return taken
                }
                if buffer.count > limit { throw SupportError.malformed("\(buffer.count) bytes without terminator") }
                searched = max(0, buffer.count - terminator.count + 1)
                let more = try socket.read(by: deadline)
                if more.isEmpty {
                    if buffer.isEmpty { return nil }
                    throw SupportError.closedByPeer("a terminator came")
                }
                buffer += more
            }
        }
    }

    /// Some bytes, at most `limit`; empty at FIN.
    package func takeSome(upTo limit: Int = 65_536, by deadline: Deadline) throws -> [UInt8] {
        try buffer.withLock { buffer in
            if buffer.isEmpty { return try socket.read(upTo: limit, by: deadline) }
            if buffer.count <= limit {
                let taken = buffer
                buffer = []
                return taken
            }
            let taken = Array(buffer[..<limit])
            buffer.removeFirst(limit)
            return taken
        }
    }

    /// Exactly `count` bytes.
    package func take(exactly count: Int, by deadline: Deadline) throws -> [UInt8] {
        var taken: [UInt8] = []
        while taken.count < count {
            let more = try takeSome(upTo: count - taken.count, by: deadline)
            if more.isEmpty { throw SupportError.closedByPeer("\(count) bytes came, only \(taken.count)") }
            taken += more
        }
        return taken
    }

    /// Everything up to FIN.
    package func takeToEnd(limit: Int = 1 << 30, by deadline: Deadline) throws -> [UInt8] {
        var taken: [UInt8] = []
        while true {
            let more = try takeSome(by: deadline)
            if more.isEmpty { return taken }
            taken += more
            if taken.count > limit { throw SupportError.malformed("more than \(limit) bytes") }
        }
    }

    /// Puts bytes back in front of what is still unread.
    package func putBack(_ bytes: [UInt8]) { buffer.withLock { $0.insert(contentsOf: bytes, at: 0) } }

    private static func end(of terminator: [UInt8], in buffer: [UInt8], from start: Int) -> Int? {
        guard let last = terminator.last, buffer.count >= terminator.count else { return nil }
        var index = start + terminator.count - 1
        while index < buffer.count {
            if buffer[index] == last,
                buffer[(index - terminator.count + 1)...index].elementsEqual(terminator)
            {
                return index + 1
            }
            index += 1
        }
        return nil
    }
}
