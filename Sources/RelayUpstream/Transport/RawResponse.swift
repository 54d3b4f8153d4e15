// SPDX-License-Identifier: Apache-2.0
import Foundation
import FoundationNetworking

/// A response that carries its head untouched beside the one URLSession understands.
///
/// No `HTTPURLResponse`, on purpose: URLSession then renames, merges and loses no field, sees no cookie and no
/// authentication challenge (a `Basic` challenge would keep the task from ever completing), and saves a dictionary.
///
/// `@unchecked`: its one property is a constant of a Sendable type, and `URLResponse` is Sendable itself.
final class RawResponse: URLResponse, @unchecked Sendable {
    let head: UpstreamHead

    init(url: URL, head: UpstreamHead) {
        self.head = head
        super.init(url: url, mimeType: nil, expectedContentLength: -1, textEncodingName: nil)
    }

    /// Responses are never archived: there is no cache.
    required init?(coder: NSCoder) { nil }
}
