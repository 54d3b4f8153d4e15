// SPDX-License-Identifier: Apache-2.0
import Foundation
import FoundationNetworking

/// A response that carries its head untouched beside the one URLSession understands.
///
/// Made without header fields on purpose: URLSession then renames, merges and loses nothing, sees no cookie and no
/// authentication challenge (a `Basic` challenge would keep the task from ever completing), and saves a dictionary.
///
/// `@unchecked`: every property is a constant of a Sendable type.
final class RawResponse: HTTPURLResponse, @unchecked Sendable {
    let head: UpstreamHead

    init?(url: URL, head: UpstreamHead) {
        self.head = head
        super.init(url: url, statusCode: head.status, httpVersion: "HTTP/1.1", headerFields: nil)
    }

    /// Responses are never archived: there is no cache.
    required init?(coder: NSCoder) { nil }
}
