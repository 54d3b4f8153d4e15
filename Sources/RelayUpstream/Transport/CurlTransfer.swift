// SPDX-License-Identifier: Apache-2.0
import CCurl
import Foundation
import FoundationNetworking
import HTTPWire
import RelayLoop

/// One request on libcurl, reporting on its URLSession task as it goes.
///
/// **Isolation**: its loop.
///
/// libcurl keeps a raw pointer to it from `attach` to `release`; `retained` keeps it alive for exactly that long.
final class CurlTransfer {
    private let lane: UpstreamLane
    /// Lets go of the transfer when either is over, which breaks the circle.
    private let call: UpstreamCall
    /// The final head has been told.
    private var hasHead = false
    private(set) var request: UpstreamRequest
    private var easy: CurlEasy?
    private var multi: CurlMulti?
    private var retained: CurlTransfer?
    private var head = ResponseHeadReader()
    private var violation: UpstreamFailure?
    private var shortage: UpstreamFailure?
    /// A connection stood, and the request has gone out on it.
    private(set) var isSent = false
    /// The connection libcurl chose must not serve; nothing has been sent on it.
    private var isUnfit = false
    private(set) var isPaused = false
    /// Descriptors of the attempts at a connection.
    private var attempts: [CInt] = []

    init(_ request: UpstreamRequest, _ lane: UpstreamLane, _ call: UpstreamCall) {
        (self.request, self.lane, self.call) = (request, lane, call)
    }

    func attach(_ easy: CurlEasy, to multi: CurlMulti) {
        (self.easy, self.multi, retained) = (easy, multi, self)
        // With a token in its query the URL is another one each time.
        easy.prepare(request, url: request.url == lane.kind.key.url ? lane.kind.curlURL : nil)
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        let contexts = [
            CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_PREREQDATA, CURLOPT_OPENSOCKETDATA,
        ]
        for option in contexts {
            unsafe relay_easy_pointer(easy.handle, option, me)
        }
    }

    func setPaused(_ paused: Bool) {
        isPaused = paused
        if let easy { multi?.setPaused(easy, paused) }
    }

    /// Lets the body go if all of it has been sent; false if libcurl still reads it.
    func releaseBody() -> Bool {
        guard let body = request.body, let easy else { return true }
        guard easy.bodyBytesSent >= body.count else { return false }
        easy.forgetBody()
        request.body = nil
        return true
    }

    /// Takes the transfer off libcurl without a word to URLSession.
    ///
    /// Not from within libcurl's callbacks.
    func abandon() { release() }

    /// libcurl has ended the transfer.
    func finished(_ code: CURLcode) {
        if isUnfit, let multi {
            release()
            (isUnfit, isSent, head, hasHead) = (false, false, ResponseHeadReader(), false)
            request.wantsFreshConnection = true
            if !multi.add(self) { call.transferEnded(UpstreamFailure(.outOfResources)) }
            return
        }
        let failure = failure(code)
        release()
        call.transferEnded(failure)
    }

    private func release() {
        if let easy { multi?.remove(easy) }
        forgetAttempts()
        (easy, multi, retained) = (nil, nil, nil)
    }

    private func failure(_ code: CURLcode) -> UpstreamFailure? {
        if let violation { return violation }
        if code == CURLE_OK {
            return hasHead ? nil : UpstreamFailure(.reset, detail: "the answer ended before its head did")
        }
        if let shortage, !isSent { return shortage }
        let text = easy?.takeErrorText() ?? ""
        let detail = unsafe text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        return CurlFailure.classify(
            code, detail: detail,
            progress: CurlFailure.Progress(
                url: request.url, isSent: isSent, hasBegun: head.hasBegun, hasHead: hasHead,
                isReused: easy?.isReused ?? false))
    }

    // MARK: libcurl's callbacks

    static func of(_ handle: UnsafeMutableRawPointer) -> CurlTransfer? {
        var context: UnsafeMutableRawPointer?
        unsafe relay_easy_info_pointer(handle, CURLINFO_PRIVATE, &context)
        return unsafe context.map { unsafe Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    static func installCallbacks(on easy: CurlEasy) {
        unsafe relay_easy_data(easy.handle, CURLOPT_WRITEFUNCTION) { bytes, _, count, context in
            guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
            let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            return unsafe transfer.received(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        }
        unsafe relay_easy_data(easy.handle, CURLOPT_HEADERFUNCTION) { bytes, _, count, context in
            guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
            let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            return unsafe transfer.receivedLine(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        }
        unsafe relay_easy_open(easy.handle, CURLOPT_OPENSOCKETFUNCTION) { context, _, address in
            guard let context = unsafe context, let address = unsafe address else { return -1 }
            let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            let (family, type) = unsafe (address.pointee.family, address.pointee.socktype)
            return unsafe transfer.openSocket(family, type, address.pointee.protocol)
        }
        unsafe relay_easy_prereq(easy.handle, CURLOPT_PREREQFUNCTION) { context, peer, _, peerPort, port in
            guard let context = unsafe context, let peer = unsafe peer else { return CInt(CURL_PREREQFUNC_OK) }
            let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            let maySend = transfer.maySend(
                on: RestingConnections.Name(
                    localPort: UInt16(truncatingIfNeeded: port), peerHost: unsafe String(cString: peer),
                    peerPort: UInt16(truncatingIfNeeded: peerPort)))
            return CInt(maySend ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT)
        }
    }

    /// The request goes out, or never will.
    private func forgetAttempts() {
        for descriptor in attempts { multi?.forgetAttempt(descriptor, of: self) }
        attempts = []
    }

    /// libcurl is about to look a name up for a new connection, or tidies up at the end, when it makes no difference.
    func asksForNames() { easy?.limitConnecting() }

    /// How far the connection has come, for the log.
    var connectStage: String {
        if attempts.isEmpty { return "before there was an address" }
        let isOpen = attempts.contains { multi?.isOpen($0, for: self) ?? false }
        return isOpen ? "while TLS or a proxy was agreed on" : "while the connection was made"
    }

    /// An attempt at a connection has ended.
    ///
    /// libcurl 7.88 then prepares the attempt at the next address and waits for a socket that it has yet to make, up to
    /// the end of the time allowed. To go on after a pause is to be looked at again at once.
    func tryNextAddress() {
        guard let easy, !isSent, !isPaused else { return }
        multi?.setPaused(easy, true)
        multi?.setPaused(easy, false)
    }

    /// libcurl would report a lack of descriptors as a refused connection.
    private func openSocket(_ family: CInt, _ type: CInt, _ number: CInt) -> CInt {
        do throws(SystemCallError) {
            let descriptor = try SystemCalls.openSocket(family: family, type: type, protocol: number)
            attempts.append(descriptor)
            multi?.connects(descriptor, self)
            return descriptor
        } catch {
            if error.isOutOfDescriptors { shortage = UpstreamFailure(.outOfResources, detail: error.description) }
            return -1
        }
    }

    /// The connection is up, and the request goes out next.
    ///
    /// libcurl comes here again when a reused connection has ended without an answer: it would repeat the request by
    /// itself, up to five times. Whether that may be is not libcurl's to decide.
    private func maySend(on connection: RestingConnections.Name) -> Bool {
        if !isSent, !request.wantsFreshConnection, multi?.mayServe(connection) == false {
            isUnfit = true
            return false
        }
        if isSent, !request.repeatsWhenStale {
            violation = UpstreamFailure(.staleConnection, detail: "a reused connection ended before the answer")
            return false
        }
        isSent = true
        forgetAttempts()
        call.connected()
        return true
    }

    private func received(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard !call.isOver else { return false }
        guard hasHead, let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress) else {
            violation = UpstreamFailure(.badResponse, detail: "body before the head")
            return false
        }
        // Not copied: libcurl's own buffer stands until this returns, and nobody reads the piece after that. The call's
        // handler gets a span, which cannot be kept. URLSession keeps the piece until the next one; it would read it only
        // for its cache, which it does not have, and only when the task completes, before which the piece is replaced.
        lane.deliver(unsafe Data(bytesNoCopy: start, count: bytes.count, deallocator: .none))
        return true
    }

    private func receivedLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch unsafe head.read(bytes.bindMemory(to: UInt8.self).span) {
        case .more: return true
        case .refused(let why):
            violation = UpstreamFailure(.badResponse, detail: why)
            return false
        case .head(let head):
            hasHead = true
            lane.deliver(head, size: self.head.size)
            return true
        }
    }
}
