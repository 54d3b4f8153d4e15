// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayLoop

/// Opens streams and measures each event's way from the mock upstream's clock to this one's (the same machine's).
final class StreamLoad: DeadlineHandler {
    private let loop: EventLoop
    private var clients: [StreamClient] = []
    fileprivate var delays: [Int64] = []
    fileprivate var firstEvents: [Int64] = []
    fileprivate var failures = 0
    fileprivate var finished = 0
    /// One for all, so that the load takes little of the caches that it shares with what is measured.
    fileprivate var buffer = [UInt8](repeating: 0, count: 65_536)

    static func run(_ options: Options) throws {
        let loop = try EventLoop()
        let load = StreamLoad(loop)
        let count = options.number("streams", 200)
        let rate = options.number("rate", 50)
        let seconds = options.number("seconds", 5)
        let path = options.text("path", "/v1/chat/completions")
        let body = #"{"model":"m","stream":true,"messages":[]}"#
        let request = Array(
            ("POST \(path) HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nx-bench-rate: \(rate)\r\n"
                + "x-bench-events: \(rate * seconds)\r\nx-bench-size: \(options.number("size", 200))\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
        let address = try SocketAddress(host: "127.0.0.1", port: UInt16(options.number("port", 8080)))
        for _ in 0..<count {
            load.clients.append(try StreamClient(address, request, loop, load, expects: rate * seconds))
        }
        _ = loop.schedule(at: MonotonicClock.now + .seconds(seconds + 20), load)
        loop.run()
        load.report(streams: count, expected: count * rate * seconds)
    }

    private init(_ loop: EventLoop) { self.loop = loop }

    fileprivate func ended(failed: Bool) {
        finished += 1
        if failed { failures += 1 }
        if finished == clients.count { loop.stop() }
    }

    func deadlineReached() { loop.stop() }

    private func report(streams: Int, expected: Int) {
        delays.sort()
        firstEvents.sort()
        func micro(_ values: [Int64], _ share: Double) -> Int64 {
            values.isEmpty ? -1 : values[min(values.count - 1, Int(Double(values.count) * share))] / 1_000
        }
        print(
            "{\"streams\":\(streams),\"expected\":\(expected),\"events\":\(delays.count),\"failures\":\(failures),"
                + "\"unfinished\":\(clients.count - finished),"
                + "\"delay_us_p50\":\(micro(delays, 0.5)),\"delay_us_p99\":\(micro(delays, 0.99)),"
                + "\"delay_us_max\":\(micro(delays, 1)),\"first_us_p50\":\(micro(firstEvents, 0.5)),"
                + "\"first_us_p99\":\(micro(firstEvents, 0.99))}")
    }
}

/// One stream's client.
private final class StreamClient: ReadinessHandler {
    private let descriptor: FileDescriptor
    private let loop: EventLoop
    private unowned let load: StreamLoad
    private var registration: Registration?
    private var rest: [UInt8] = []
    private var left: Int
    private let startedAt: Instant

    private static let mark = Array("data: {\"t\":".utf8)

    init(
        _ address: SocketAddress, _ request: [UInt8], _ loop: EventLoop, _ load: StreamLoad, expects: Int
    ) throws(SystemCallError) {
        descriptor = try SystemCalls.connectBlocking(address)
        (self.loop, self.load, left) = (loop, load, expects)
        startedAt = MonotonicClock.now
        let output = ByteQueue(SpareBlock())
        output.append(request)
        _ = output.send(to: descriptor)
        registration = try loop.register(descriptor.rawValue, .read, self)
    }

    func descriptorReady(_ readiness: Readiness) {
        guard case .bytes(let count) = SystemCalls.receive(descriptor, into: &load.buffer) else {
            return end(failed: true)
        }
        let now = MonotonicClock.now
        rest.append(contentsOf: load.buffer[..<count])
        var index = 0
        while let start = nextMark(from: index), let close = rest[start...].firstIndex(of: UInt8(ascii: ",")) {
            if let sent = Int64(String(decoding: rest[start..<close], as: UTF8.self)) {
                if load.delays.isEmpty || left > 0 { load.delays.append(now.nanoseconds - sent) }
                if load.firstEvents.count < 1_000_000, !hasFirst {
                    hasFirst = true
                    load.firstEvents.append((now - startedAt).nanoseconds)
                }
                left -= 1
            }
            index = close
        }
        rest.removeFirst(index)
        if left <= 0 { end(failed: false) }
    }

    private var hasFirst = false

    private func nextMark(from start: Int) -> Int? {
        var index = start
        while let at = rest[index...].firstIndex(of: Self.mark[0]) {
            if at + Self.mark.count > rest.count { return nil }
            if rest[at..<(at + Self.mark.count)].elementsEqual(Self.mark) { return at + Self.mark.count }
            index = at + 1
        }
        return nil
    }

    private func end(failed: Bool) {
        guard let registration else { return }
        loop.deregister(registration)
        self.registration = nil
        load.ended(failed: failed)
    }
}
