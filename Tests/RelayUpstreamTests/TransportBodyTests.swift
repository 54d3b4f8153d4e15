// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayTestSupport
import RelayUpstream
import Testing

@Suite("Upstream transport: request bodies")
struct TransportBodyTests {
    @Test("a HEAD that carries a body ends with the head of its answer")
    func head() async throws {
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readRequestHead()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            _ = connection.waitForPeerClose()
        }
        let harness = try TransportHarness()
        let state = try await onThread {
            harness.call("HEAD", upstream.baseURL + "/", body: Array("x".utf8)).waitForEnd()
        }
        #expect(state.ends == 1)
        #expect(state.failure == nil)
        #expect(state.head?.status == 200)
    }

    @Test("the body is let go when it has been sent and the answer has begun", arguments: [0, 7, 60_000, 3_000_000])
    func letGo(size: Int) async throws {
        let upstream = try ScriptedUpstream.perRequest { request, connection in
            try connection.respond(json: "\(request.body.count)")
        }
        let harness = try TransportHarness()
        let released = Monitor<Bool?>(nil)
        let body = [UInt8](repeating: 0x61, count: size)
        // Twice: the second time on the connection, and the handle, of the first.
        for _ in 0..<2 {
            let state = try await onThread {
                harness.call("POST", upstream.baseURL + "/", body: body) { event, call in
                    if case .responded = event { released.withLock { $0 = call?.releaseBody() } }
                }.waitForEnd()
            }
            #expect(released.value == true)
            #expect(state.failure == nil)
            #expect(state.body == Array("\(size)".utf8))
        }
    }

    @Test("a body of which some is still to be sent stays, and arrives whole")
    func earlyAnswer() async throws {
        let size = 24 * 1_024 * 1_024  // beyond what the kernel buffers
        let (gate, received) = (Gate(), Monitor(0))
        let upstream = try ScriptedUpstream { connection in
            // What a kernel buffers by itself differs from machine to machine.
            connection.socket.setOption(SOL_SOCKET, SO_RCVBUF, 65_536)
            guard let head = try connection.readRequestHead() else { return }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
            try gate.wait()
            let request = try connection.readBody(of: head)
            received.withLock { $0 = request.body.last == 0x61 ? request.body.count : 0 }
            try connection.send("ok")
        }
        let harness = try TransportHarness()
        let released = Monitor<Bool?>(nil)
        let state = try await onThread {
            harness.call("POST", upstream.baseURL + "/", body: [UInt8](repeating: 0x61, count: size)) { event, call in
                guard case .responded = event else { return }
                released.withLock { $0 = call?.releaseBody() }
                gate.open()
            }.waitForEnd()
        }
        #expect(released.value == false)
        #expect(state.failure == nil)
        #expect(state.body == Array("ok".utf8))
        #expect(received.value == size)
    }
}
