// SPDX-License-Identifier: Apache-2.0
import Foundation
import FoundationNetworking
import RelayBase
import RelayLoop

/// The joint: URLSession's documented place for another transport.
///
/// It only passes word to the loop that owns its task.
///
/// URLSession makes it, and calls `startLoading` and `stopLoading`, on a queue of its own; everything else happens on
/// the loop.
final class CurlURLProtocol: URLProtocol {
    /// Which loop a task belongs to.
    ///
    /// A request's own properties do not survive `dataTask(with:)`, so the task itself is the key; an entry lives
    /// from before `resume()` until the task's completion has reached its loop.
    static let owners = Lock<[ObjectIdentifier: Mailbox<TransferMessage>]>([:])

    override class func canInit(with request: URLRequest) -> Bool { true }
    override class func canInit(with task: URLSessionTask) -> Bool { true }
    override class func canonicalRequest(for request: URLRequest) -> URLRequest { request }

    override func startLoading() {
        guard let task else { return }
        let key = ObjectIdentifier(task)
        let owner = Self.owners.withLock { $0[key] }
        owner?.post(.started(StartedProtocol(self), key))
    }

    /// Nothing to do: the loop takes a transfer off libcurl before it cancels the task, so when URLSession says stop
    /// there is nothing left that runs.
    override func stopLoading() {}
}

/// A protocol object on its way to its loop.
///
/// `@unchecked`: URLSession's queue has made the object and will not touch it again until the task is cancelled, which
/// the loop alone does, after its own last use. The mailbox's lock orders both.
struct StartedProtocol: @unchecked Sendable {
    let value: CurlURLProtocol
    init(_ value: CurlURLProtocol) { self.value = value }
}

/// What reaches a loop's transport from other threads.
enum TransferMessage: Sendable {
    /// URLSession wants the transfer of that task to begin.
    case started(StartedProtocol, ObjectIdentifier)
    /// A cancelled task is done with; its session may serve again.
    case cancelled(sessionID: Int)
    case fetch(IssuerFetch)
}
