// SPDX-License-Identifier: Apache-2.0

/// Why the framing of an upstream response cannot be trusted; the client gets 502.
package enum ResponseFramingError: Error, Hashable, CaseIterable, Sendable {
    case contentLength, contentLengthsDiffer
    case transferEncoding, transferEncodingInHTTP10, lengthWithTransferEncoding

    /// The cause in words, for the log and the client: lower case, nothing of the response in it.
    package var text: String {
        switch self {
        case .contentLength: "Content-Length is not a decimal number"
        case .contentLengthsDiffer: "there are several lengths"
        case .transferEncoding: "Transfer-Encoding is not exactly chunked"
        case .transferEncodingInHTTP10: "Transfer-Encoding in HTTP/1.0"
        case .lengthWithTransferEncoding: "Content-Length and Transfer-Encoding exclude each other"
        }
    }
}

/// How the end of a response body is found (RFC 9112 §6.3).
package enum ResponseFraming: Equatable, Sendable {
    case none, length(UInt64), chunked, untilClose

    /// Decides from a response head; `isHead` says that the request was a HEAD.
    ///
    /// Lengths that are repeated but equal count once (RFC 9110 §8.6). The fields are judged even where no body can
    /// follow (HEAD, 1xx, 204, 304), since the client would read them too.
    package init(
        status: Int, isHead: Bool, minorVersion: Int = 1, fields: FieldSection
    ) throws(ResponseFramingError) {
        let codings = fields.all("transfer-encoding")
        let length = try Self.contentLength(fields)
        if let coding = codings.first {
            if length != nil { throw .lengthWithTransferEncoding }
            if minorVersion == 0 { throw .transferEncodingInHTTP10 }
            guard codings.count == 1, equalIgnoringCase(coding.valueBytes[...], "chunked") else {
                throw .transferEncoding
            }
        }
        if isHead || status < 200 || status == 204 || status == 304 {
            self = .none
        } else if !codings.isEmpty {
            self = .chunked
        } else if let length {
            self = .length(length)
        } else {
            self = .untilClose
        }
    }

    private static func contentLength(_ fields: FieldSection) throws(ResponseFramingError) -> UInt64? {
        var length: UInt64?
        for field in fields.all("content-length") {
            let parts = field.valueBytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            for part in parts {
                // Beyond 63 bits libcurl would read to the close instead.
                guard let number = decimal(trimmed(part)), number <= UInt64(Int64.max) else { throw .contentLength }
                if let length, length != number { throw .contentLengthsDiffer }
                length = number
            }
            if parts.isEmpty { throw .contentLength }
        }
        return length
    }
}
