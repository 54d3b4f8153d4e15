// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPWire
import RelayCore
import RelayLoop
import RelayTestSupport
import RelayUpstream

/// A loop on a thread of its own, with a transport that tests drive from outside.
final class TransportHarness: Sendable {
    typealias Job = @Sendable (UpstreamTransport, EventLoop) -> Void

    private let jobs: Mailbox<Job>
    private let thread: LoopThread
    let profile: TransportProfile

    init(_ configuration: TransportConfiguration = TransportConfiguration(), connectTimeout: Duration = hangLimit)
        throws
    {
        let jobs = try Mailbox<Job>()
        self.jobs = jobs
        profile = try TransportProfile(configuration, connectTimeout: connectTimeout) { path in
            FileManager.default.contents(atPath: path).map { Array($0) }
        }
        thread = try LoopThread(name: "transport") {
            guard let loop = try? EventLoop(), let transport = try? UpstreamTransport(loop: loop, idleConnections: 64)
            else { return }
            try? loop.attach(jobs) { $0(transport, loop) }
            loop.run()
        }
    }

    deinit {
        jobs.post { _, loop in loop.stop() }
        thread.join()
    }

    func run(_ job: @escaping Job) { jobs.post(job) }

    /// Starts a call and returns what it brings.
    func call(
        _ method: String, _ url: String, fields: FieldSection = [:], body: [UInt8]? = nil,
        react: @escaping @Sendable (CallEvent, UpstreamCall?) -> Void = { _, _ in }
    ) -> CallLog {
        let log = CallLog()
        let profile = profile
        run { transport, _ in
            let stable = body.map { bytes in
                let stable = StableBytes(capacity: bytes.count)
                stable.append(bytes.span)
                return stable
            }
            let handler = RecordingHandler(log, react)
            let request = UpstreamRequest(method: method, url: url, fields: fields, body: stable, profile: profile)
            handler.call = transport.start(request, handler)
        }
        return log
    }
}

enum CallEvent: Sendable {
    case connected, responded(UpstreamHead), delivered([UInt8]), ended(UpstreamFailure?)
}

/// What one call brought, to be waited for.
final class CallLog: Sendable {
    struct State: Sendable {
        var connected = 0
        var head: UpstreamHead?
        var body: [UInt8] = []
        var pieces = 0
        var ends = 0
        var failure: UpstreamFailure?
    }
    let state = Monitor(State())

    func waitForEnd() -> State {
        state.wait { $0.ends > 0 }
        return state.value
    }
}

private final class RecordingHandler: UpstreamHandler {
    private let log: CallLog
    private let react: @Sendable (CallEvent, UpstreamCall?) -> Void
    var call: UpstreamCall?

    init(_ log: CallLog, _ react: @escaping @Sendable (CallEvent, UpstreamCall?) -> Void) {
        (self.log, self.react) = (log, react)
    }

    func upstreamConnected() {
        log.state.withLock { $0.connected += 1 }
        react(.connected, call)
    }
    func upstreamResponded(_ head: UpstreamHead) {
        log.state.withLock { $0.head = head }
        react(.responded(head), call)
    }
    func upstreamDelivered(_ piece: Span<UInt8>) {
        // In one copy: byte by byte, 64 MB take minutes under a sanitizer.
        let bytes = piece.withUnsafeBytes { Array($0) }
        log.state.withLock { state in
            state.body += bytes
            state.pieces += 1
        }
        react(.delivered(bytes), call)
    }
    func upstreamEnded(_ failure: UpstreamFailure?) {
        log.state.withLock { state in
            state.ends += 1
            state.failure = failure
        }
        react(.ended(failure), call)
        call = nil
    }
}
