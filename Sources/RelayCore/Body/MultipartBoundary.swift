// SPDX-License-Identifier: Apache-2.0

/// The boundary of a `multipart/form-data` body, from its `Content-Type` (RFC 7578 §4.1, RFC 2046 §5.1.1).
package struct MultipartBoundary: Hashable, Sendable {
    /// RFC 2046 allows 70; some clients write more.
    package static let maximumLength = 200

    /// `--` and the boundary.
    let delimiter: [UInt8]

    /// Nil if the type is another one, or the boundary is absent, too long or holds control characters.
    package init?(contentType: String) {
        let fields = HeaderParameters(Array(contentType.utf8))
        guard fields.value == Array("multipart/form-data".utf8), let boundary = fields["boundary"],
            (1...Self.maximumLength).contains(boundary.count), boundary.allSatisfy({ 0x20..<0x7F ~= $0 })
        else { return nil }
        delimiter = Array("--".utf8) + boundary
    }
}
