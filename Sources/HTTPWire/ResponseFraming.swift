// SPDX-License-Identifier: Apache-2.0

/// Why the framing of an upstream response cannot be trusted; the client gets 502.
package enum ResponseFramingError: Error, Hashable, CaseIterable, Sendable {
    case contentLength, contentLengthsDiffer, transferEncoding, lengthWithTransferEncoding, transferEncodingInHTTP10
}

/// How the end of a response body is found (RFC 9112 §6.3).
package enum ResponseFraming: Equatable, Sendable {
    case none, length(UInt64), chunked, untilClose

    /// Decides from a response head; `isHead` says that the request was a HEAD.
    package init(
        status: Int, isHead: Bool, minorVersion: Int = 1, fields: FieldSection
    ) throws(ResponseFramingError) { self = .none }
}
