// SPDX-License-Identifier: Apache-2.0

/// The first line of a response (RFC 9112 §4).
package struct StatusLine: Equatable, Sendable {
    /// 0 or 1 for HTTP/1, and 1 for the lines that libcurl makes up for HTTP/2 and HTTP/3.
    package var minorVersion: Int
    /// 100 to 999.
    package var status: Int
    /// The phrase as octets, possibly empty.
    package var reason: [UInt8]

    /// Reads a line with or without its line end; nil if it is not a status line.
    ///
    /// `synthetic` also takes `HTTP/2 200`, which no upstream can send on the wire of HTTP/1.
    package init?(_ line: Span<UInt8>, synthetic: Bool = false) { nil }

    package init?(_ line: [UInt8], synthetic: Bool = false) { self.init(line.span, synthetic: synthetic) }
}

/// One field line of a response, as read from its bytes.
package enum ResponseFieldLine {
    /// Reads a line with or without its line end; nil for anything but a token, a colon and a clean value.
    package static func parse(_ line: Span<UInt8>) -> Field? { nil }

    package static func parse(_ line: [UInt8]) -> Field? { parse(line.span) }
}
