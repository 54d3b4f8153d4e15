// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport

/// One request and its answer, on the connection's thread.
final class Exchange {
    private static let allowance: Duration = .seconds(600)

    let request: RecordedRequest
    let gateway: Gateway
    let connection: BufferedSocket
    var wish = Misbehaviour()
    /// False once the connection cannot carry another request.
    private(set) var keepsAlive: Bool
    private(set) var hasAnswered = false
    private var body: WireBody
    private var owesContinue: Bool

    init(_ request: RecordedRequest, on connection: BufferedSocket, gateway: Gateway) throws {
        self.request = request
        self.connection = connection
        self.gateway = gateway
        body = WireBody(framing: try WireFraming(request: request.head), on: connection)
        owesContinue = request["Expect"]?.lowercased() == "100-continue"
        let options = request.values(of: "Connection").joined(separator: ",").lowercased()
        keepsAlive = request.version == "HTTP/1.1" && !options.contains("close")
    }

    /// The client's identifier, or one of the gateway's own.
    lazy var requestID: String = request["X-Request-Id"] ?? "demo-" + UUID().uuidString.lowercased()

    // MARK: Request body

    /// Hands the body to `take` piece by piece; nothing is kept.
    func forEachBodyPiece(_ take: ([UInt8]) throws -> Void) throws {
        if owesContinue {
            owesContinue = false
            try send("HTTP/1.1 100 Continue\r\n\r\n")
        }
        while case .bytes(let bytes, _) = try body.next(by: Deadline(.seconds(120))) { try take(bytes) }
    }

    /// The whole body.
    func readBody() throws -> [UInt8] {
        var whole: [UInt8] = []
        try forEachBodyPiece { whole += $0 }
        return whole
    }

    /// The body as JSON; nil after a 400 was sent because it is none.
    func readJSON() throws -> JSON? {
        if let json = JSON(parsing: try readBody()) { return json }
        try fail(400, "We could not parse the JSON body of your request.", type: "invalid_request_error")
        return nil
    }

    /// Leaves the connection ready for the next request.
    func finish() throws {
        if !hasAnswered { try fail(500, "The demo gateway has no answer.", type: "server_error") }
        if owesContinue {
            // The client was never asked for its body; whether it comes is unknown.
            keepsAlive = false
        } else if keepsAlive {
            try forEachBodyPiece { _ in }
        }
    }

    // MARK: Answers

    func respond(_ json: JSON, status: Int = 200, fields: [WireField] = []) throws {
        try respond(type: "application/json", json.bytes, status: status, fields: fields)
    }

    func respond(type: String, _ bytes: [UInt8], status: Int = 200, fields: [WireField] = []) throws {
        let length = WireField("Content-Length", "\(bytes.count)")
        try sendHead(status, fields: [WireField("Content-Type", type), length] + fields)
        if request.method != "HEAD" { try send(bytes) }
    }

    /// An error in OpenAI's shape.
    func fail(
        _ status: Int, _ message: String, type: String, code: JSON = nil, fields: [WireField] = []
    ) throws {
        let error: JSON = ["message": .string(message), "type": .string(type), "param": nil, "code": code]
        try respond(["error": error], status: status, fields: fields)
    }

    /// Filler of any size; nothing piles up.
    func respondFiller(_ count: Int) throws {
        try sendHead(
            200,
            fields: [
                WireField("Content-Type", "application/octet-stream"), WireField("Content-Length", "\(count)"),
            ])
        let block = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var left = count
        while left > 0 {
            try send(left >= block.count ? block : Array(block[..<left]))
            left -= min(left, block.count)
        }
    }

    /// An answer in pieces, paced and framed as wished, recorded under the request's identifier.
    func stream(type: String, _ given: [[UInt8]]) throws {
        let pieces = cut(given)
        let total = pieces.reduce(0) { $0 + $1.count }
        var fields = [WireField("Content-Type", type)]
        let isChunked = !wish.wantsContentLength && !wish.wantsCloseDelimited && request.version == "HTTP/1.1"
        if type == "text/event-stream" { fields.append(WireField("Cache-Control", "no-cache")) }
        if isChunked { fields.append(WireField("Transfer-Encoding", "chunked")) }
        if wish.wantsContentLength { fields.append(WireField("Content-Length", "\(total)")) }
        if !isChunked, !wish.wantsContentLength { keepsAlive = false }
        try sendHead(200, fields: fields)

        var hash = SHA256()
        var sent = 0
        defer {
            let stream = Ledger.Stream(
                sha256: hash.hexDigest(), length: hash.count, pieces: sent, isComplete: sent == pieces.count)
            gateway.ledger.record(stream, for: requestID)
        }
        let interval = wish.pieceInterval ?? gateway.options.pieceInterval
        for piece in pieces {
            if sent == wish.dropAfter { return drop() }
            if sent > 0 { try pause(interval) }
            try send(isChunked ? Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10] : piece)
            hash.update(piece)
            sent += 1
        }
        if isChunked { try send("0\r\n\r\n") }
    }

    /// Waits, but not for a client that has gone.
    func pause(_ time: Duration) throws {
        guard time > .zero else { return }
        if try connection.socket.waitForHangUp(by: Deadline(time)) {
            throw SupportError.closedByPeer("the answer ended")
        }
    }

    private func drop() {
        keepsAlive = false
        switch wish.drop {
        case .fin: connection.socket.close()
        case .rst: connection.socket.reset()
        }
    }

    private func cut(_ pieces: [[UInt8]]) -> [[UInt8]] {
        let whole = { Array(pieces.joined()) }
        let recut: [[UInt8]]
        if let position = wish.splitAt {
            let bytes = whole()
            recut = [Array(bytes.prefix(position)), Array(bytes.dropFirst(position))]
        } else if let size = wish.splitEvery {
            let bytes = whole()
            recut = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        } else {
            recut = pieces
        }
        return recut.filter { !$0.isEmpty }
    }

    private func sendHead(_ status: Int, fields: [WireField]) throws {
        hasAnswered = true
        try pause(wish.delayFirstByte)
        var head =
            "HTTP/1.1 \(status) \(Self.reasons[status] ?? "Demo")\r\nDate: \(httpDate(Int(Date().timeIntervalSince1970)))\r\n"
        head += "Server: demo-gateway\r\nX-Request-Id: \(requestID)\r\n"
        for field in fields { head += "\(field.name): \(field.value)\r\n" }
        if !keepsAlive { head += "Connection: close\r\n" }
        try send(head + "\r\n")
    }

    private func send(_ text: String) throws { try send(Array(text.utf8)) }
    private func send(_ bytes: [UInt8]) throws { try connection.socket.write(bytes, by: Deadline(Self.allowance)) }

    private static let reasons = [
        200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed",
        429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout",
    ]
}
