// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayLoop

/// A gateway that costs next to nothing: small JSON answers, and event streams whose events carry the time of sending.
///
/// A request whose body asks for `"stream":true` gets `x-bench-events` events of `x-bench-size` bytes, `x-bench-rate` a
/// second; everything else a small completion.
final class MockUpstream: ReadinessHandler {
    private let loop: EventLoop
    private let listener: Listener
    private var connections: [ObjectIdentifier: MockConnection] = [:]
    // One for all, so that the mock takes little of the caches that it shares with what is measured.
    fileprivate let spareBlock = SpareBlock()
    fileprivate var buffer = [UInt8](repeating: 0, count: 65_536)

    static func run(_ options: Options) throws {
        let loop = try EventLoop()
        let listener = try Listener(
            tcp: SocketAddress(host: "127.0.0.1", port: UInt16(options.number("port", 0))))
        let server = MockUpstream(loop, listener)
        _ = try loop.register(listener.descriptor.rawValue, .read, server)
        let address = Array("listening \(try SocketAddress(boundTo: listener.descriptor))\n".utf8)
        SystemCalls.writeAll(1, address.span)
        loop.run()
    }

    private init(_ loop: EventLoop, _ listener: Listener) { (self.loop, self.listener) = (loop, listener) }

    func descriptorReady(_ readiness: Readiness) {
        while let accepted = try? listener.accept() {
            let connection = MockConnection(accepted, loop, self)
            connections[ObjectIdentifier(connection)] = connection
        }
    }

    fileprivate func closed(_ connection: MockConnection) { connections[ObjectIdentifier(connection)] = nil }
}

/// One connection of the mock upstream.
private final class MockConnection: ReadinessHandler, DeadlineHandler {
    private let descriptor: FileDescriptor
    private let loop: EventLoop
    private unowned let server: MockUpstream
    private var registration: Registration?
    private var input: [UInt8] = []
    private let output: ByteQueue
    private var eventsLeft = 0
    private var interval: Duration = .zero
    private var size = 0
    private var next = Instant(nanoseconds: 0)
    private var timer: DeadlineID?

    private static let answer: [UInt8] = {
        let body =
            #"{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"#
            + #""A small answer of the usual kind."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"#
            + #""completion_tokens":12,"total_tokens":21}}"#
        return Array(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                .utf8)
    }()

    init(_ descriptor: consuming FileDescriptor, _ loop: EventLoop, _ server: MockUpstream) {
        self.descriptor = descriptor
        (self.loop, self.server, output) = (loop, server, ByteQueue(server.spareBlock))
        registration = try? loop.register(self.descriptor.rawValue, .read, self)
    }

    func descriptorReady(_ readiness: Readiness) {
        guard case .bytes(let count) = SystemCalls.receive(descriptor, into: &server.buffer) else { return close() }
        input.append(contentsOf: server.buffer[..<count])
        while let request = takeRequest() { serve(request) }
    }

    private func close() {
        if let timer { loop.cancel(timer) }
        if let registration { loop.deregister(registration) }
        (timer, registration) = (nil, nil)
        server.closed(self)
    }

    /// The head of the next whole request, and whether its body asks for a stream.
    private func takeRequest() -> (head: String, isStream: Bool)? {
        guard let end = Self.find("\r\n\r\n", in: input[...]) else { return nil }
        let head = String(decoding: input[..<end], as: UTF8.self)
        let length = Self.field("content-length", in: head) ?? 0
        let total = end + 4 + length
        guard input.count >= total else { return nil }
        let isStream = Self.find("\"stream\":true", in: input[(end + 4)..<total]) != nil
        input.removeFirst(total)
        return (head, isStream)
    }

    private func serve(_ request: (head: String, isStream: Bool)) {
        guard request.isStream else {
            output.append(Self.answer)
            return flush()
        }
        eventsLeft = Self.field("x-bench-events", in: request.head) ?? 100
        size = Self.field("x-bench-size", in: request.head) ?? 200
        interval = .nanoseconds(1_000_000_000 / max(1, Self.field("x-bench-rate", in: request.head) ?? 50))
        output.append(
            Array("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n".utf8))
        next = MonotonicClock.now
        // Streams do not beat in time with each other.
        next = next + .nanoseconds(Int64.random(in: 0..<max(1, interval.nanoseconds)))
        timer = loop.schedule(at: next, self)
        flush()
    }

    func deadlineReached() {
        timer = nil
        let event = "data: {\"t\":\(MonotonicClock.now.nanoseconds),\"p\":\""
        let padding = String(repeating: "x", count: max(0, size - event.utf8.count - 4))
        let bytes = event + padding + "\"}\n\n"
        output.append(Array("\(String(bytes.utf8.count, radix: 16))\r\n\(bytes)\r\n".utf8))
        eventsLeft -= 1
        if eventsLeft > 0 {
            next = next + interval
            timer = loop.schedule(at: next, self)
        } else {
            output.append(Array("0\r\n\r\n".utf8))
        }
        flush()
    }

    private func flush() {
        switch output.send(to: descriptor) {
        case .bytes, .wouldBlock: break
        case .ended, .failed: close()
        }
    }

    private static func find(_ text: String, in bytes: ArraySlice<UInt8>) -> Int? {
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count else { return nil }
        return (bytes.startIndex...(bytes.endIndex - wanted.count)).first { start in
            bytes[start] == wanted[0] && bytes[start..<(start + wanted.count)].elementsEqual(wanted)
        }
    }

    private static func field(_ name: String, in head: String) -> Int? {
        for line in head.split(separator: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name else { continue }
            return Int(parts[1].drop { $0 == " " })
        }
        return nil
    }
}
