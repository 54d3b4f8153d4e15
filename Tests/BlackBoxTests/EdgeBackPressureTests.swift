// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayTestSupport
import Testing

/// Slow readers cost one buffer, and nobody else anything.
@Suite("Edge: back-pressure and fairness")
struct EdgeBackPressureTests {
    private static let block: [UInt8] = {
        var random = SplitMix64(seed: 7)
        return (0..<65_536).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }()

    @Test("300 MB wait for a client at the cost of one buffer, and arrive byte for byte", arguments: [true, false])
    func slowReader(withLength: Bool) async throws {
        try await edge([:]) { bench in
            let count = 4_800
            let sent = Monitor(0)
            let key = bench.script { _, connection in
                let length = WireField("Content-Length", "\(count * Self.block.count)")
                try connection.sendHead(fields: [withLength ? length : WireField("Transfer-Encoding", "chunked")])
                for number in 1...count {
                    let timeout: Duration = .seconds(600)
                    if withLength {
                        try connection.send(Self.block, timeout: timeout)
                    } else {
                        try connection.send(Array("10000\r\n".utf8) + Self.block + [13, 10], timeout: timeout)
                    }
                    sent.withLock { $0 = number }
                }
                if !withLength { try connection.sendLastChunk() }
            }
            let before = bench.relay.residentBytes
            let client = try bench.relay.connect(receiveBuffer: 65_536)
            try bench.send(key, on: client)
            #expect(try bench.waitFor("relay_slow_reader_total") { $0 >= 1 })
            // It has stalled when a while passes in which nothing more is taken.
            var taken = 0
            while sent.wait(timeout: .milliseconds(400), until: { $0 > taken }) { taken = sent.value }
            #expect(taken < count / 4, "upstream was not held back: \(taken) blocks of 64 KiB went in")
            #expect(bench.relay.residentBytes - before < ProcessFigures.bound(24 << 20))

            let head = try client.readHead(to: "POST")
            let whole = try Self.readBlocks(count, of: head, from: client)
            #expect(whole)
            if !withLength { #expect(try client.read(through: "0\r\n\r\n").count == 5) }
            let line = try bench.log(key)
            #expect(line.string("outcome") == "ok")
            #expect(line.int("bytes_out") == count * Self.block.count)
            #expect((bench.relay.figures?.peakResidentBytes ?? 0) - before < ProcessFigures.bound(48 << 20))
            #expect(try client.exchange("GET", "/healthz").status == 200)
        }
    }

    /// Reads the body, compares it with the block repeated, and says whether all of it was right.
    private static func readBlocks(_ count: Int, of head: ReceivedResponse, from client: RawClient) throws -> Bool {
        var body = WireBody(
            framing: head.framing == .chunked ? .chunked : .length(count * block.count), on: client.connection)
        let deadline = Deadline(.seconds(600))
        let twice = block + block
        var position = 0
        while position < count * block.count {
            guard case .bytes(let bytes, _) = try body.next(by: deadline), bytes.count <= block.count else {
                return false
            }
            let offset = position % block.count
            let isRight = unsafe bytes.withUnsafeBytes { got in
                unsafe twice[offset...].withUnsafeBytes { wanted in
                    guard let left = got.baseAddress, let right = wanted.baseAddress else { return false }
                    return unsafe memcmp(left, right, bytes.count) == 0
                }
            }
            if !isRight { return false }
            position += bytes.count
        }
        return true
    }

    @Test("a stream as fast as can be starves nobody on the same loop")
    func fairness() async throws {
        try await edge([:]) { bench in
            let over = Gate()
            let hot = bench.script { _, connection in
                try connection.sendHead(fields: [WireField("Transfer-Encoding", "chunked")])
                while !over.isOpen { try connection.send(Array("10000\r\n".utf8) + Self.block + [13, 10]) }
                try connection.sendLastChunk()
            }
            let small = bench.script { request, connection in try connection.respond(body: request.body) }
            let reader = try bench.relay.connect()
            try bench.send(hot, on: reader)
            let taken = Monitor(0)
            let end = Gate()
            startThread {
                while let bytes = try? reader.readSome(), !bytes.isEmpty,
                    !bytes.suffix(5).elementsEqual("0\r\n\r\n".utf8)
                {
                    taken.withLock { $0 += bytes.count }
                }
                end.open()
            }
            #expect(taken.wait { $0 > 1 << 20 })
            for number in 0..<40 {
                let before = taken.value
                #expect(try bench.post(small, body: Array("\(number)".utf8)).bodyText == "\(number)")
                #expect(taken.wait { $0 > before }, "the hot stream goes on as well")
            }
            over.open()
            try end.wait()
            #expect(try bench.log(hot).string("outcome") == "ok")
        }
    }

    @Test("a client that uploads slowly holds no place and no connection upstream")
    func slowUpload() async throws {
        try await edge(["RELAY_MAX_INFLIGHT": "1", "RELAY_QUEUE": "0"]) { bench in
            let key = bench.script { request, connection in try connection.respond(body: request.body) }
            let slow = try bench.relay.connect()
            try slow.send("POST \(bench.target(key)) HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nsl")
            for _ in 0..<5 { #expect(try bench.post(key).status == 200) }
            #expect(bench.seen(key).count == 5)
            try slow.send("ow")
            #expect(try slow.readResponse().bodyText == "slow")
        }
    }
}
