// SPDX-License-Identifier: Apache-2.0
import CCurl
import RelayBase
import RelayLoop

/// libcurl's multi handle on a loop's epoll: sockets become registrations, its timer a deadline.
///
/// libcurl must not be re-entered from its own callbacks, save for pausing: what a callback wants done is kept until
/// libcurl has returned (`afterCallbacks`). **Isolation**: its loop.
@safe
final class CurlMulti: DeadlineHandler {
    private let loop: EventLoop
    private let multi: UnsafeMutableRawPointer
    /// TLS sessions to resume, which would else go with the handle that made them, and names that have been looked up, to
    /// be asked for their lock; nil when memory was short.
    private let share: UnsafeMutableRawPointer?
    private let idleConnections: Int
    private var timer: DeadlineID?
    private var sockets: [CInt: CurlSocket] = [:]
    /// Descriptors that libcurl announced as connections and has not closed.
    private var connections: Set<CInt> = []
    private var resting = RestingConnections()
    /// Who makes a connection on a descriptor.
    private var connecting: [CInt: CurlTransfer] = [:]
    private var transfers = 0
    private var connectionLimit = 0
    private var isInside = false
    private var isInTimer = false
    private var later: [() -> Void] = []
    /// Asked after each event, at the price of a number and not of an array in an object.
    private var hasLater = false

    var afterEvents: () -> Void = {}

    init(loop: EventLoop, idleConnections: Int) throws(SystemCallError) {
        _ = Self.globalInit
        guard let multi = unsafe curl_multi_init() else { throw SystemCallError("curl_multi_init", code: 12) }
        unsafe self.multi = unsafe multi
        unsafe share = curl_share_init()
        unsafe relay_share_long(share, CURLSHOPT_SHARE, Int(CURL_LOCK_DATA_SSL_SESSION.rawValue))
        unsafe relay_share_long(share, CURLSHOPT_SHARE, Int(CURL_LOCK_DATA_DNS.rawValue))
        // Of this loop alone, so that there is nothing to lock; but to be asked for the lock of names is to be told of
        // each new connection before its addresses are tried.
        unsafe relay_share_lock(share) { easy, data, _, _ in
            guard data == CURL_LOCK_DATA_DNS, let easy = unsafe easy else { return }
            unsafe CurlTransfer.of(easy)?.asksForNames()
        }
        (self.loop, self.idleConnections) = (loop, idleConnections)
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe relay_multi_pointer(multi, CURLMOPT_SOCKETDATA, me)
        unsafe relay_multi_pointer(multi, CURLMOPT_TIMERDATA, me)
        unsafe relay_multi_socket(multi) { easy, descriptor, what, context, _ in
            guard let context = unsafe context else { return 0 }
            let multi = unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
            if what == CURL_POLL_REMOVE {
                unsafe multi.unwatch(descriptor, easy)
            } else {
                multi.watch(descriptor, what)
            }
            return 0
        }
        unsafe relay_multi_timer(multi) { _, milliseconds, context in
            guard let context = unsafe context else { return 0 }
            unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
            return 0
        }
        adjustConnectionLimit()
    }

    deinit {
        unsafe curl_multi_cleanup(multi)
        unsafe curl_share_cleanup(share)
    }

    /// Once a process, before any thread uses libcurl; a lazy global is exactly that.
    private static let globalInit: CURLcode = curl_global_init(Int(CURL_GLOBAL_ALL))

    // MARK: Transfers

    /// Starts `transfer`; it ends through `CurlTransfer.finished` or `abandon`, unless false is returned.
    func add(_ transfer: CurlTransfer) -> Bool {
        guard let easy = CurlEasy(transfer.request.profile) else { return false }
        followSockets(of: easy)
        unsafe relay_easy_pointer(easy.handle, CURLOPT_SHARE, share)
        transfer.attach(easy, to: self)
        transfers += 1
        adjustConnectionLimit()
        let code = unsafe curl_multi_add_handle(multi, easy.handle)
        if code != CURLM_OK { transfer.abandon() }
        return code == CURLM_OK
    }

    /// Takes a handle off, closing its connection if the transfer was not over.
    func remove(_ easy: CurlEasy) {
        enter { unsafe curl_multi_remove_handle(multi, easy.handle) }
        transfers -= 1
    }

    func setPaused(_ easy: CurlEasy, _ paused: Bool) {
        let mask = paused ? CInt(CURLPAUSE_RECV) : CInt(CURLPAUSE_CONT)
        // Resuming delivers what libcurl holds, through the write callback, before it returns.
        enter { unsafe curl_easy_pause(easy.handle, mask) }
    }

    /// Runs `work` now, or as soon as libcurl is not on the stack.
    func afterCallbacks(_ work: @escaping () -> Void) {
        guard isInside else { return work() }
        later.append(work)
        hasLater = true
    }

    /// The cache counts busy connections too: its limit follows the load, so that a burst does not throw away what the
    /// next one needs.
    private func adjustConnectionLimit() {
        let wanted = idleConnections + (transfers + 63) / 64 * 64
        guard wanted != connectionLimit else { return }
        connectionLimit = wanted
        unsafe relay_multi_long(multi, CURLMOPT_MAXCONNECTS, wanted)
    }

    // MARK: Driving

    /// A socket of libcurl's is ready.
    func act(_ descriptor: CInt, _ mask: CInt) {
        var running: CInt = 0
        var isAnyOver = false
        enter {
            unsafe curl_multi_socket_action(multi, descriptor, mask, &running)
            isAnyOver = Int(running) < transfers
        }
        if isAnyOver { collect() }
        afterEvents()
    }

    func deadlineReached() {
        timer = nil
        isInTimer = true
        act(CInt(CURL_SOCKET_TIMEOUT), 0)
        isInTimer = false
    }

    private func enter<R>(_ body: () -> R) {
        let outer = isInside
        isInside = true
        _ = body()
        isInside = outer
        guard !outer else { return }
        while hasLater {
            hasLater = false
            var work: [() -> Void] = []
            swap(&work, &later)
            for item in work { item() }
        }
    }

    private func collect() {
        var left: CInt = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE, let handle = unsafe message.pointee.easy_handle else {
                continue
            }
            let code = unsafe relay_message_result(message)
            unsafe CurlTransfer.of(handle)?.finished(code)
        }
    }

    private func setTimer(_ milliseconds: Int) {
        if let timer { loop.cancel(timer) }
        // What the timer itself asks for comes with the next turn: one fast transfer must not keep this one going.
        let soonest = isInTimer ? loop.now + .nanoseconds(1) : loop.now
        timer = milliseconds < 0 ? nil : loop.schedule(at: max(soonest, loop.now + .milliseconds(milliseconds)), self)
    }

    /// Has libcurl tell of the sockets it makes and closes for connections.
    private func followSockets(of easy: CurlEasy) {
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe relay_easy_pointer(easy.handle, CURLOPT_SOCKOPTDATA, me)
        unsafe relay_easy_sockopt(easy.handle) { context, descriptor, _ in
            if let context = unsafe context {
                unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().opened(descriptor)
            }
            return CURL_SOCKOPT_OK
        }
        unsafe relay_easy_pointer(easy.handle, CURLOPT_CLOSESOCKETDATA, me)
        unsafe relay_easy_closesocket(easy.handle) { context, descriptor in
            guard let context = unsafe context else { return 1 }
            return unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().close(descriptor)
        }
    }

    /// A socket has been made for an attempt of `transfer`.
    func connects(_ descriptor: CInt, _ transfer: CurlTransfer) { connecting[descriptor] = transfer }

    func forgetAttempt(_ descriptor: CInt, of transfer: CurlTransfer) {
        if connecting[descriptor] === transfer { connecting[descriptor] = nil }
    }

    /// Whether the transfer's attempt on that descriptor has reached the other side.
    func isOpen(_ descriptor: CInt, for transfer: CurlTransfer) -> Bool {
        connecting[descriptor] === transfer && SocketAddress.peer(of: descriptor) != nil
    }

    private func attemptEnded(_ descriptor: CInt) {
        guard let transfer = connecting.removeValue(forKey: descriptor) else { return }
        afterCallbacks { transfer.tryNextAddress() }
    }

    /// libcurl has made a socket for a connection.
    func opened(_ descriptor: CInt) {
        connections.insert(descriptor)
        guard let known = sockets[descriptor] else { return }
        if known.isResting { return forget(descriptor) }
        // The next address is tried under the number of the last: to libcurl the same socket, to epoll another.
        known.renew(loop)
    }

    /// Stops watching a resting connection.
    private func forget(_ descriptor: CInt) { sockets.removeValue(forKey: descriptor)?.stop(loop) }

    /// Something has arrived on a connection that nobody uses.
    func restDisturbed(_ descriptor: CInt) {
        resting.condemn(descriptor)
        forget(descriptor)
    }

    /// Whether a kept connection may carry a request; asked at the last moment before it is sent.
    func mayServe(_ name: RestingConnections.Name) -> Bool { resting.mayServe(name) }

    /// libcurl closes the socket of a connection.
    func close(_ descriptor: CInt) -> CInt {
        connections.remove(descriptor)
        resting.closed(descriptor)
        attemptEnded(descriptor)
        sockets.removeValue(forKey: descriptor)?.stop(loop)
        return SystemCalls.close(descriptor)
    }

    /// libcurl has no use for a socket at the moment: its transfer is over, or paused.
    private func unwatch(_ descriptor: CInt, _ easy: UnsafeMutableRawPointer?) {
        // Between two requests a connection stays registered: asking for it again then costs no system call. Other
        // descriptors (the resolver's) come and go unannounced, and their numbers are soon somebody else's.
        if connections.contains(descriptor), let socket = sockets[descriptor], let easy = unsafe easy,
            let transfer = unsafe CurlTransfer.of(easy), !transfer.isPaused
        {
            if transfer.isSent, socket.rest(loop) {
                var version = 0
                unsafe relay_easy_info_long(easy, CURLINFO_HTTP_VERSION, &version)
                // Frames of HTTP/2 say what they belong to, and may come at any time.
                if version < Int(CURL_HTTP_VERSION_2_0) { resting.keep(descriptor) }
                return
            }
            // Perhaps a failed attempt, which libcurl 7.88 closes without a word.
            connections.remove(descriptor)
            attemptEnded(descriptor)
        }
        forget(descriptor)
    }

    private func watch(_ descriptor: CInt, _ what: CInt) {
        let interest = Interest(
            rawValue: (what & CURL_POLL_IN != 0 ? Interest.read.rawValue : 0)
                | (what & CURL_POLL_OUT != 0 ? Interest.write.rawValue : 0))
        if let known = sockets[descriptor] {
            known.change(loop, interest)
        } else {
            sockets[descriptor] = CurlSocket(self, loop, descriptor, interest)
        }
    }
}
