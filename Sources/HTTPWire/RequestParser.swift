// SPDX-License-Identifier: Apache-2.0

/// What the parser has found in the bytes it was given.
package enum RequestEvent: Equatable, Sendable {
    /// All given bytes are consumed and more are needed.
    case needMore
    /// The head is complete.
    case head(RequestHead)
    /// A piece of the body: a range of positions in the input of this call, never empty, never copied.
    case body(Range<Int>)
    /// The message is complete; the next byte belongs to the next request.
    case end
    /// The request is refused; every later call says the same and consumes nothing.
    case failed(ParseError)
}

/// Reads requests from one connection, in pieces of any size (RFC 9112).
///
/// What it says depends on the octets alone, never on how they were cut. It keeps what it needs of an unfinished head,
/// within the limits, and reads no octet twice; it never reads beyond the end of the message at hand.
package struct RequestParser: Sendable {
    private enum Place { case line, fields, body(UInt64), chunks, failed(ParseError) }

    package let limits: ParseLimits
    private var place = Place.line
    private var line: RequestLineScanner
    private var fields: FieldScanner
    private var chunks: ChunkedDecoder
    private var target = RequestTarget(path: "/")
    /// What the head at hand may still take up.
    private var headBudget: Int

    package init(limits: ParseLimits = ParseLimits()) {
        self.limits = limits
        line = RequestLineScanner(maxTarget: limits.maxTarget)
        fields = FieldScanner(keepsFields: true, maxFields: limits.maxFields)
        chunks = ChunkedDecoder(limits: limits)
        headBudget = limits.maxHeader
    }

    /// Whether no octet of a further request has arrived: idle time is then keep-alive time.
    package var isBetweenMessages: Bool {
        if case .line = place { line.isAtStart } else { false }
    }

    /// Reads on at `position`, which is moved past what was consumed, up to the next event.
    ///
    /// Call it again until it answers `needMore`, `end` or `failed`; after a head it must be called even with no octet
    /// left, since a request without a body ends at once.
    package mutating func parse(_ input: Span<UInt8>, at position: inout Int) -> RequestEvent {
        do {
            switch place {
            case .line, .fields: return try readHead(input, at: &position)
            case .body(let remaining): return readBody(input, at: &position, remaining: remaining)
            case .chunks: return try readChunks(input, at: &position)
            case .failed(let error): return .failed(error)
            }
        } catch {
            place = .failed(error)
            return .failed(error)
        }
    }

    private mutating func readHead(_ input: Span<UInt8>, at position: inout Int) throws(ParseError) -> RequestEvent {
        let start = position
        let end = input.count - position > headBudget ? position + headBudget : input.count
        if case .line = place, try line.scan(input, at: &position, before: end) {
            guard line.majorVersion == 1 else { throw .versionNotSupported }
            target = try RequestTarget(line.target, method: line.method)
            place = .fields
        }
        if case .fields = place, try fields.scan(input, at: &position, before: end) {
            return try finishHead()
        }
        headBudget -= position - start
        guard headBudget > 0 else {
            if case .line = place { throw .targetTooLong }
            throw .headTooLarge
        }
        return .needMore
    }

    private mutating func finishHead() throws(ParseError) -> RequestEvent {
        let head = try RequestHead(
            checking: line.method, target: target, minorVersion: min(Int(line.minorVersion), 1), fields: fields.fields)
        switch head.framing {
        case .none: place = .body(0)
        case .length(let length): place = .body(length)
        case .chunked:
            place = .chunks
            chunks = ChunkedDecoder(limits: limits)
        }
        // The head now belongs to the caller; nothing of it stays here while the body or the next request is awaited.
        line = RequestLineScanner(maxTarget: limits.maxTarget)
        fields = FieldScanner(keepsFields: true, maxFields: limits.maxFields)
        target = RequestTarget(path: "/")
        headBudget = limits.maxHeader
        return .head(head)
    }

    private mutating func readBody(
        _ input: Span<UInt8>, at position: inout Int, remaining: UInt64
    ) -> RequestEvent {
        guard remaining > 0 else {
            place = .line
            return .end
        }
        guard position < input.count else { return .needMore }
        let start = position
        let available = input.count - position
        position += remaining < UInt64(available) ? Int(remaining) : available
        place = .body(remaining - UInt64(position - start))
        return .body(start..<position)
    }

    private mutating func readChunks(_ input: Span<UInt8>, at position: inout Int) throws(ParseError) -> RequestEvent {
        switch try chunks.decode(input, at: &position) {
        case .needMore: return .needMore
        case .data(let range): return .body(range)
        case .end:
            place = .line
            return .end
        }
    }
}
