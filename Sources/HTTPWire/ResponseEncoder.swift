// SPDX-License-Identifier: Apache-2.0

/// Writes responses to the end of a buffer; adds nothing that was not given.
package enum ResponseEncoder {
    /// The interim answer to `Expect: 100-continue`.
    package static let continueResponse: [UInt8] = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// The last chunk and the empty trailer section.
    package static let lastChunk: [UInt8] = Array("0\r\n\r\n".utf8)

    /// Appends status line, fields in their order and the empty line.
    ///
    /// The version is always HTTP/1.1 (RFC 9110 §6.2). `reason` is the phrase as octets; nil takes the usual one.
    package static func appendHead(
        status: Int, reason: [UInt8]? = nil, fields: FieldSection, to buffer: inout [UInt8]
    ) {}

    /// Appends one chunk; an empty one is left out, since it would end the body.
    package static func appendChunk(_ bytes: [UInt8], to buffer: inout [UInt8]) {}
    package static func appendChunk(_ bytes: ArraySlice<UInt8>, to buffer: inout [UInt8]) {}
    package static func appendChunk(_ bytes: Span<UInt8>, to buffer: inout [UInt8]) {}

    /// The phrase that usually goes with a status; empty if there is none.
    package static func reasonPhrase(_ status: Int) -> String { "" }
}
