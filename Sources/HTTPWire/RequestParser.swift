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

/// Reads requests from one connection, in pieces of any size.
package struct RequestParser: Sendable {
    package let limits: ParseLimits

    package init(limits: ParseLimits = ParseLimits()) { self.limits = limits }

    /// Whether no byte of a further request has arrived: idle time is then keep-alive time.
    package var isBetweenMessages: Bool { true }

    /// Reads on at `position`, which is moved past what was consumed, up to the next event.
    ///
    /// Call it again until it answers `needMore`, `end` or `failed`; after a head it must be called even with no byte
    /// left, since a request without a body ends at once.
    package mutating func parse(_ input: Span<UInt8>, at position: inout Int) -> RequestEvent { .needMore }
}
