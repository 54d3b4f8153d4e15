// SPDX-License-Identifier: Apache-2.0

/// A client that sends exactly the bytes it is told and shows exactly the bytes it gets.
///
/// Every call blocks for at most its timeout (`hangLimit` unless given); use `onThread` around it in `async` tests.
package final class RawClient: Sendable {
    package static let defaultTimeout = hangLimit

    package let connection: BufferedSocket
    package var socket: StreamSocket { connection.socket }

    /// Connects; a small `receiveBuffer` (bytes, SO_RCVBUF) makes a slow reader felt at once.
    package init(to endpoint: Endpoint, receiveBuffer: Int32? = nil, timeout: Duration = defaultTimeout) throws {
        connection = BufferedSocket(
            try StreamSocket.connect(to: endpoint, receiveBuffer: receiveBuffer, timeout: timeout))
    }

    package convenience init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        try self.init(to: .loopback(port), receiveBuffer: receiveBuffer)
    }

    deinit { socket.close() }

    package func send(_ bytes: [UInt8], timeout: Duration = defaultTimeout) throws {
        try socket.write(bytes, by: Deadline(timeout))
    }

    package func send(_ text: String, timeout: Duration = defaultTimeout) throws {
        try send(Array(text.utf8), timeout: timeout)
    }

    /// Sends a request with `Host`, `Content-Length` (if there is a body or a POST) and the given fields.
    package func sendRequest(
        _ method: String, _ target: String, fields: [WireField] = [], body: [UInt8]? = nil,
        timeout: Duration = defaultTimeout
    ) throws {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: relay.test\r\n"
        for field in fields { head += "\(field.name): \(field.value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        try send(Array((head + "\r\n").utf8) + (body ?? []), timeout: timeout)
    }

    /// One exchange on this connection.
    package func exchange(
        _ method: String, _ target: String, fields: [WireField] = [], body: [UInt8]? = nil,
        timeout: Duration = defaultTimeout
    ) throws -> ReceivedResponse {
        try sendRequest(method, target, fields: fields, body: body, timeout: timeout)
        return try readResponse(to: method, timeout: timeout)
    }

    /// Some bytes, as soon as any are there; empty at FIN.
    package func readSome(upTo limit: Int = 65_536, timeout: Duration = defaultTimeout) throws -> [UInt8] {
        try connection.takeSome(upTo: limit, by: Deadline(timeout))
    }

    package func read(exactly count: Int, timeout: Duration = defaultTimeout) throws -> [UInt8] {
        try connection.take(exactly: count, by: Deadline(timeout))
    }

    /// Everything up to and with `text`; throws if the peer closes before it came.
    package func read(through text: String, timeout: Duration = defaultTimeout) throws -> [UInt8] {
        guard let bytes = try connection.take(through: Array(text.utf8), by: Deadline(timeout)) else {
            throw SupportError.closedByPeer("\"\(text)\" came")
        }
        return bytes
    }

    /// Everything up to FIN.
    package func readToEnd(timeout: Duration = defaultTimeout) throws -> [UInt8] {
        try connection.takeToEnd(by: Deadline(timeout))
    }

    /// The head of the next response only; `readBody(of:)` or raw reads follow.
    package func readHead(to method: String = "GET", timeout: Duration = defaultTimeout) throws -> ReceivedResponse {
        guard let bytes = try connection.take(through: Array("\r\n\r\n".utf8), by: Deadline(timeout)) else {
            throw SupportError.closedByPeer("a response came")
        }
        return try ReceivedResponse(head: WireHead(parsing: bytes), to: method)
    }

    /// Reads on to the end of the body; a torn body is not an error but shown in `torn`.
    package func readBody(of head: ReceivedResponse, timeout: Duration = defaultTimeout) throws -> ReceivedResponse {
        var response = head
        var body = WireBody(framing: head.framing, on: connection)
        let deadline = Deadline(timeout)
        var chunk: [UInt8] = []
        reading: do {
            while true {
                switch try body.next(by: deadline) {
                case .bytes(let bytes, let endsChunk):
                    response.body += bytes
                    if head.framing == .chunked { chunk += bytes }
                    if endsChunk {
                        response.chunks.append(chunk)
                        chunk = []
                    }
                case .end(let trailers):
                    response.trailers = trailers
                    break reading
                }
            }
        } catch let error as SupportError {
            switch error {
            case .closedByPeer, .resetByPeer: response.torn = error
            default: throw error
            }
        }
        return response
    }

    /// The next response with its body; 1xx responses count as responses of their own.
    package func readResponse(to method: String = "GET", timeout: Duration = defaultTimeout) throws -> ReceivedResponse
    {
        try readBody(of: readHead(to: method, timeout: timeout), timeout: timeout)
    }

    package func halfClose() { socket.halfClose() }
    package func close() { socket.close() }
    /// Closes with RST.
    package func reset() { socket.reset() }

    /// True if the peer sends FIN or RST within `timeout`; bytes that come first are thrown away.
    package func waitForPeerClose(timeout: Duration = defaultTimeout) -> Bool {
        connection.drainUntilPeerCloses(by: Deadline(timeout)) != nil
    }
}

/// How a peer ended its side of a connection.
package enum PeerClose: Sendable, Equatable { case finished, reset }

extension BufferedSocket {
    /// Throws bytes away until FIN or RST comes; nil at the deadline.
    package func drainUntilPeerCloses(by deadline: Deadline) -> PeerClose? {
        do {
            while true {
                if try takeSome(by: deadline).isEmpty { return .finished }
            }
        } catch SupportError.resetByPeer {
            return .reset
        } catch {
            return nil
        }
    }
}
