// SPDX-License-Identifier: Apache-2.0

/// One accepted connection in the hands of a scripted server; used on its own thread.
///
/// Every call blocks for at most its timeout (`hangLimit` unless given).
package final class ScriptedConnection: Sendable {
    package static let defaultTimeout = hangLimit

    /// From 0, in the order of acceptance.
    package let index: Int
    package let connection: BufferedSocket
    package var socket: StreamSocket { connection.socket }
    private let record: @Sendable (RecordedRequest) -> Void
    private let requests = Monitor(0)

    init(index: Int, socket: StreamSocket, record: @escaping @Sendable (RecordedRequest) -> Void) {
        self.index = index
        connection = BufferedSocket(socket)
        self.record = record
    }

    // MARK: Reading

    /// The next request with its whole body; nil if the client closed instead.
    package func readRequest(timeout: Duration = defaultTimeout) throws -> RecordedRequest? {
        guard let request = try readRequestHead(timeout: timeout, recording: false) else { return nil }
        return try readBody(of: request, timeout: timeout)
    }

    /// The next request without its body (recorded so), for answers that come before the body.
    package func readRequestHead(timeout: Duration = defaultTimeout) throws -> RecordedRequest? {
        try readRequestHead(timeout: timeout, recording: true)
    }

    /// The request with its body, which is read to its end now.
    package func readBody(of request: RecordedRequest, timeout: Duration = defaultTimeout) throws -> RecordedRequest {
        var body = WireBody(framing: try WireFraming(request: request.head), on: connection)
        var whole = request
        whole.body = try body.collect(by: Deadline(timeout))
        record(whole)
        return whole
    }

    private func readRequestHead(timeout: Duration, recording: Bool) throws -> RecordedRequest? {
        guard let bytes = try connection.take(through: Array("\r\n\r\n".utf8), by: Deadline(timeout)) else {
            return nil
        }
        let number = requests.withLock { count in
            defer { count += 1 }
            return count
        }
        let request = try RecordedRequest(
            head: WireHead(parsing: bytes), connection: index, indexOnConnection: number)
        if recording { record(request) }
        return request
    }

    // MARK: Writing

    package func send(_ bytes: [UInt8], timeout: Duration = defaultTimeout) throws {
        try socket.write(bytes, by: Deadline(timeout))
    }

    package func send(_ text: String, timeout: Duration = defaultTimeout) throws {
        try send(Array(text.utf8), timeout: timeout)
    }

    /// Sends pieces as separate writes, each after its gate has opened.
    package func send(pieces: [(Gate, [UInt8])]) throws {
        for (gate, bytes) in pieces {
            try gate.wait()
            try send(bytes)
        }
    }

    /// A whole response with `Content-Length`.
    package func respond(
        _ status: Int = 200, fields: [WireField] = [WireField("Content-Type", "application/json")], body: [UInt8]
    ) throws {
        try sendHead(status, fields: fields + [WireField("Content-Length", "\(body.count)")])
        try send(body)
    }

    package func respond(_ status: Int = 200, fields: [WireField] = [], json: String) throws {
        try respond(status, fields: fields + [WireField("Content-Type", "application/json")], body: Array(json.utf8))
    }

    /// Status line and exactly these fields.
    package func sendHead(_ status: Int = 200, reason: String = "Scripted", fields: [WireField]) throws {
        var head = "HTTP/1.1 \(status) \(reason)\r\n"
        for field in fields { head += "\(field.name): \(field.value)\r\n" }
        try send(head + "\r\n")
    }

    /// Head of a chunked event stream.
    package func sendEventStreamHead() throws {
        try sendHead(fields: [
            WireField("Content-Type", "text/event-stream"), WireField("Transfer-Encoding", "chunked"),
        ])
    }

    /// One chunk in one write; an empty chunk is left out, since it would end the body.
    package func sendChunk(_ bytes: [UInt8]) throws {
        if bytes.isEmpty { return }
        try send(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [13, 10])
    }

    package func sendChunk(_ text: String) throws { try sendChunk(Array(text.utf8)) }

    package func sendLastChunk() throws { try send("0\r\n\r\n") }

    // MARK: Ending

    package func halfClose() { socket.halfClose() }
    package func close() { socket.close() }
    /// Closes with RST.
    package func reset() { socket.reset() }

    /// How the client ended, or nil if it did not within `timeout`; bytes that come first are thrown away.
    package func waitForPeerClose(timeout: Duration = defaultTimeout) -> PeerClose? {
        connection.drainUntilPeerCloses(by: Deadline(timeout))
    }
}
