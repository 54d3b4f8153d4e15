// SPDX-License-Identifier: Apache-2.0

/// A response as it arrived at a raw client.
package struct ReceivedResponse: Sendable, Equatable {
    package let head: WireHead
    package let status: Int
    package let reason: String
    package let version: String
    package let framing: WireFraming
    /// The body without chunk framing; for a torn body what came of it.
    package internal(set) var body: [UInt8] = []
    /// The chunks of a chunked body as they were cut on the wire.
    package internal(set) var chunks: [[UInt8]] = []
    package internal(set) var trailers: [WireField] = []
    /// Why the body ended early; nil if it is whole by its framing.
    package internal(set) var torn: SupportError?

    /// `method` is that of the request: an answer to HEAD has no body.
    init(head: WireHead, to method: String) throws {
        self.head = head
        let parts = head.startLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[1].utf8.count == 3, let status = Int(parts[1]) else {
            throw SupportError.malformed("status line \"\(head.startLine)\"")
        }
        version = String(parts[0])
        self.status = status
        reason = parts.count > 2 ? String(parts[2]) : ""
        if method == "HEAD" || status == 204 || status == 304 || status < 200 {
            framing = .none
        } else if head["Transfer-Encoding"] == nil, head["Content-Length"] == nil {
            framing = .untilClose
        } else {
            framing = try WireFraming(request: head)
        }
    }

    package var fields: [WireField] { head.fields }
    package var isComplete: Bool { torn == nil }
    package var bodyText: String { String(decoding: body, as: UTF8.self) }
    package func values(of name: String) -> [String] { head.values(of: name) }
    package subscript(name: String) -> String? { head[name] }
}
