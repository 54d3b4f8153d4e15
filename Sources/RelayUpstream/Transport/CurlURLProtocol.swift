// SPDX-License-Identifier: Apache-2.0
import Foundation
import FoundationNetworking

/// The joint: URLSession's documented place for another transport.
///
/// URLSession makes it while a task's `resume()` is on the stack, on the loop thread; from then on the loop tells its
/// client what libcurl brings.
final class CurlURLProtocol: URLProtocol {
    /// Where the object that the `resume()` on this thread's stack makes is wanted.
    @TaskLocal static var made: MadeProtocol?

    required init(request: URLRequest, cachedResponse: CachedURLResponse?, client: (any URLProtocolClient)?) {
        super.init(request: request, cachedResponse: cachedResponse, client: client)
        Self.made?.loading = self
    }

    override class func canInit(with request: URLRequest) -> Bool { true }
    override class func canInit(with task: URLSessionTask) -> Bool { true }
    override class func canonicalRequest(for request: URLRequest) -> URLRequest { request }

    /// Nothing to do: the loop begins by itself, without waiting for URLSession's queue to come round to this.
    override func startLoading() {}

    /// Nothing to do: no task is ever cancelled.
    ///
    /// A cancelled call leaves libcurl, and its task serves the next.
    override func stopLoading() {}
}

/// Takes a protocol object from where URLSession makes it to where its task was resumed.
///
/// `@unchecked`: a task-local value has to be Sendable. `openLane` makes it, binds it for one `resume()` and reads it
/// afterwards; the initializer writes it while that `resume()` is on the stack, since a synchronous call on a dispatch
/// queue runs on the calling thread. Nobody keeps it, so only that one thread ever touches it.
final class MadeProtocol: @unchecked Sendable {
    fileprivate(set) var loading: CurlURLProtocol?
}
