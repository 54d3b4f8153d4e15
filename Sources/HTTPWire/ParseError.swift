// SPDX-License-Identifier: Apache-2.0

/// Why a request is refused; after any of these the connection is answered once and closed (RFC 9112 §9.6).
package enum ParseError: Error, Hashable, CaseIterable, Sendable {
    case bareLineFeed, bareCarriageReturn, emptyLines
    case method, target, targetForm, connectTarget, version
    case fieldName, spaceBeforeColon, foldedField, fieldWithoutColon, fieldValue
    case hostMissing, hostRepeated, host
    case contentLength, contentLengthRepeated, lengthWithTransferEncoding
    case transferEncoding, transferEncodingInHTTP10
    case chunkSize, chunkExtension, chunkExtensionsTooLong, chunkEnd
    case targetTooLong
    case expectation
    case headTooLarge, tooManyFields, trailersTooLarge, tooManyTrailers
    case transferCodingUnknown
    case versionNotSupported

    /// The status of the answer.
    package var status: Int {
        switch self {
        case .bareLineFeed, .bareCarriageReturn, .emptyLines, .method, .target, .targetForm, .connectTarget, .version,
            .fieldName, .spaceBeforeColon, .foldedField, .fieldWithoutColon, .fieldValue, .hostMissing, .hostRepeated,
            .host, .contentLength, .contentLengthRepeated, .lengthWithTransferEncoding, .transferEncoding,
            .transferEncodingInHTTP10, .chunkSize, .chunkExtension, .chunkExtensionsTooLong, .chunkEnd:
            400
        case .targetTooLong: 414
        case .expectation: 417
        case .headTooLarge, .tooManyFields, .trailersTooLarge, .tooManyTrailers: 431
        case .transferCodingUnknown: 501
        case .versionNotSupported: 505
        }
    }

    /// The cause in words for the client: lower case, nothing of the request in it.
    package var text: String {
        switch self {
        case .bareLineFeed: "a line ends in LF without CR"
        case .bareCarriageReturn: "a CR is not followed by LF"
        case .emptyLines: "too many empty lines before the request line"
        case .method: "the method is not a token"
        case .target: "the request target holds a control, a space, a # or a byte that is not ASCII"
        case .targetForm: "the request target must start with / or be an http URL"
        case .connectTarget: "CONNECT is not served"
        case .version: "the request line must end in HTTP/1.1 or HTTP/1.0"
        case .fieldName: "a field name is not a token"
        case .spaceBeforeColon: "a field name is followed by white space"
        case .foldedField: "a field line starts with white space"
        case .fieldWithoutColon: "a field line has no colon"
        case .fieldValue: "a field value holds a control character"
        case .hostMissing: "the Host field is missing"
        case .hostRepeated: "the Host field is repeated"
        case .host: "the host is not a host name or address with an optional port"
        case .contentLength: "Content-Length is not one decimal number"
        case .contentLengthRepeated: "Content-Length is repeated"
        case .lengthWithTransferEncoding: "Content-Length and Transfer-Encoding exclude each other"
        case .transferEncoding: "Transfer-Encoding must be exactly chunked"
        case .transferEncodingInHTTP10: "Transfer-Encoding is not part of HTTP/1.0"
        case .chunkSize: "a chunk size is not a hexadecimal number below 2^63"
        case .chunkExtension: "a chunk extension is malformed"
        case .chunkExtensionsTooLong: "the chunk extensions are too long"
        case .chunkEnd: "a chunk is not followed by CR LF"
        case .targetTooLong: "the request target is too long"
        case .expectation: "the only expectation served is 100-continue"
        case .headTooLarge: "the request head is too large"
        case .tooManyFields: "the request head has too many fields"
        case .trailersTooLarge: "the trailer section is too large"
        case .tooManyTrailers: "the trailer section has too many fields"
        case .transferCodingUnknown: "the only transfer coding served is chunked"
        case .versionNotSupported: "the only versions served are HTTP/1.1 and HTTP/1.0"
        }
    }
}
