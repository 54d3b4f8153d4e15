// SPDX-License-Identifier: Apache-2.0
import Foundation
import FoundationNetworking
import HTTPWire
import RelayBase

/// A running URLSession task on which one call after another is made, all of one method and URL.
///
/// URLSession takes each step of a task's life on one queue that all sessions of the process share: three wake-ups of
/// another thread and two waits of this one a task, which was half of what a small request cost. So a task is kept.
/// Its protocol object tells of one response after another, as `multipart/x-mixed-replace` has always made them come,
/// and of the end when the lane is closed; where one response ends, the transfer itself tells the call.
///
/// **Isolation**: its loop.
final class UpstreamLane {
    let loading: CurlURLProtocol
    /// Lets go of the lane when that is closed, which breaks the circle.
    private let session: UpstreamSession
    /// The call in progress.
    private(set) var call: UpstreamCall?
    let kind: LaneKind
    let task: URLSessionDataTask
    private var hasLargeHead = false
    /// Heads of more bytes are not kept while the lane rests.
    private static let keptHead = 4_096

    init(_ kind: LaneKind, _ task: URLSessionDataTask, _ loading: CurlURLProtocol, _ session: UpstreamSession) {
        (self.kind, self.task, self.loading, self.session) = (kind, task, loading, session)
    }

    func begin(_ call: UpstreamCall) { self.call = call }

    /// - Parameter size: of the head on the wire, in bytes.
    func deliver(_ head: UpstreamHead, size: Int) {
        hasLargeHead = size > Self.keptHead
        let response = RawResponse(url: kind.origin, head: head)
        session.telling(of: self) {
            loading.client?.urlProtocol(loading, didReceive: response, cacheStoragePolicy: .notAllowed)
        }
    }

    func deliver(_ piece: Data) {
        session.telling(of: self) { loading.client?.urlProtocol(loading, didLoad: piece) }
    }

    /// The call hears nothing more.
    func end() {
        call = nil
        // URLSession keeps the last head until the next.
        if hasLargeHead { deliver(UpstreamHead(status: 200, reason: [], minorVersion: 1, fields: [:]), size: 0) }
    }

    /// Has URLSession let the last piece go, which lies in memory that libcurl has taken back.
    func forgetPiece() { deliver(Data()) }
}

/// What a lane is for.
///
/// **Isolation**: its loop.
final class LaneKind {
    struct Key: Hashable {
        let method: String
        let url: String
    }

    let key: Key
    /// What URLSession is shown.
    let request: URLRequest
    /// What its responses bear: URLSession makes a file's name of the last part of a path, for each response anew.
    let origin: URL
    /// What libcurl makes of `key.url`.
    let curlURL: CurlURL?
    var resting: [UpstreamLane] = []
    /// Given up: lanes of it that come to rest are closed.
    var isForgotten = false
    var lastUsed: Instant

    /// - Parameter now: of the first use.
    init(_ key: Key, now: Instant) {
        (self.key, lastUsed, curlURL) = (key, now, CurlURL(key.url))
        // Parsing a URL costs more than the rest of a call's start; what Foundation cannot parse libcurl may still send.
        let url = URL(string: key.url) ?? URL(filePath: "/")
        origin = Self.origin(of: key.url).flatMap { URL(string: $0) } ?? url
        var request = URLRequest(url: url)
        request.httpMethod = key.method
        self.request = request
    }

    /// Scheme and authority.
    private static func origin(of url: String) -> String? {
        guard let authority = url.firstRange(of: "://")?.upperBound else { return nil }
        return String(url[..<(url[authority...].firstIndex { "/?#".contains($0) } ?? url.endIndex)])
    }
}
