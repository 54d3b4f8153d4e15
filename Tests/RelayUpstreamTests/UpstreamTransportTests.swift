// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayTestSupport
import RelayUpstream
import Testing

@Suite("Upstream transport")
struct UpstreamTransportTests {
    @Test("a request goes out as given: target, fields in order, duplicates, body")
    func request() async throws {
        let upstream = try ScriptedUpstream.perRequest { _, connection in try connection.respond(json: "{}") }
        let harness = try TransportHarness()
        let fields: FieldSection = ["X-B": "1", "x-a": "2", "X-B": "3", "X-Empty": "", "Accept-Encoding": "identity"]
        let state = try await onThread {
            harness.call(
                "POST", upstream.baseURL + "/v1/./a/%2e/b?q=%20+&q", fields: fields, body: Array("{\"a\":1}".utf8)
            ).waitForEnd()
        }
        #expect(state.failure == nil)
        #expect(state.head?.status == 200)
        let seen = try #require(upstream.requests.first)
        #expect(seen.head.startLine == "POST /v1/./a/%2e/b?q=%20+&q HTTP/1.1")
        let sent = seen.head.fields.map { "\($0.name)=\($0.value)" }
        #expect(
            sent == [
                "Host=127.0.0.1:\(upstream.port)", "X-B=1", "x-a=2", "X-B=3", "X-Empty=", "Accept-Encoding=identity",
                "Content-Length=7",
            ])
        #expect(seen.body == Array("{\"a\":1}".utf8))
    }

    @Test("a response head arrives raw and ordered, its body piece by piece")
    func response() async throws {
        let gate = Gate()
        let upstream = try ScriptedUpstream.perRequest { _, connection in
            try connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
            try connection.send(
                "HTTP/1.1 201 Made it\r\nETag: \"x\"\r\nset-cookie: a=1; Expires=Wed, 09 Jun\r\nSet-Cookie: b=2\r\n"
                    + "Vary:a\r\nvary: b\r\nX-Latin: caf")
            try connection.send([0xE9])
            try connection.send("\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab\n\r\n")
            try gate.wait()
            try connection.send("2\r\ncd\r\n0\r\nX-Trailer: t\r\n\r\n")
        }
        let harness = try TransportHarness()
        let state = try await onThread {
            harness.call("GET", upstream.baseURL + "/") { event, _ in
                if case .delivered = event { gate.open() }
            }.waitForEnd()
        }
        #expect(state.failure == nil)
        let head = try #require(state.head)
        #expect(head.status == 201)
        #expect(head.reason == Array("Made it".utf8))
        #expect(
            head.fields.map(\.name) == [
                "ETag", "set-cookie", "Set-Cookie", "Vary", "vary", "X-Latin", "Content-Encoding", "Transfer-Encoding",
            ])
        #expect(head.fields.first("x-latin")?.valueBytes == Array("caf".utf8) + [0xE9])
        #expect(state.body == Array("ab\ncd".utf8))
        #expect(state.pieces == 2)
    }

    @Test(
        "redirects and challenges are answers like any other",
        arguments: [
            "302 Found\r\nLocation: http://127.0.0.1:1/x", "301 Moved", "401 No\r\nWWW-Authenticate: Basic realm=\"x\"",
            "407 Proxy\r\nProxy-Authenticate: Basic", "302 Found\r\nLocation: //[::1]/x",
        ])
    func notFollowed(line: String) async throws {
        let upstream = try ScriptedUpstream.perRequest { _, connection in
            try connection.send("HTTP/1.1 \(line)\r\nContent-Length: 2\r\n\r\nhi")
        }
        let harness = try TransportHarness()
        let state = try await onThread { harness.call("POST", upstream.baseURL + "/", body: []).waitForEnd() }
        #expect(state.failure == nil)
        #expect(state.body == Array("hi".utf8))
        #expect(state.head.map { String($0.status) } == String(line.prefix(3)))
        #expect(upstream.requestCount == 1)
    }

    @Test("a reused connection that turns out dead is a failure of its own: nothing is sent twice unasked")
    func staleConnection() async throws {
        let upstream = try ScriptedUpstream { connection in
            guard let request = try connection.readRequest() else { return }
            try connection.respond(json: "{\"n\":\(request.body.count)}")
            if connection.index == 0 {
                // Lets the second request arrive, then resets without a byte.
                _ = try connection.connection.takeSome(by: Deadline(hangLimit))
                connection.reset()
            }
        }
        let harness = try TransportHarness()
        let body = [UInt8](repeating: 0x61, count: 70_000)
        let states = try await onThread {
            (0..<3).map { _ in harness.call("POST", upstream.baseURL + "/", body: body).waitForEnd() }
        }
        #expect(states.map(\.failure?.kind) == [nil, .staleConnection, nil])
        #expect(states[2].body == Array("{\"n\":70000}".utf8))
        #expect(upstream.requestCount == 2)
    }

    @Test(
        "cancel closes the connection at once, at any moment, and nothing more is heard",
        arguments: [
            "before head", "after head", "while paused",
        ])
    func cancel(moment: String) async throws {
        let closed = Monitor<PeerClose?>(nil)
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readRequest()
            if moment != "before head" {
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: 1\n\n")
            }
            let how = connection.waitForPeerClose()
            closed.withLock { $0 = how }
        }
        let harness = try TransportHarness()
        let log = harness.call("POST", upstream.baseURL + "/", body: []) { event, call in
            switch (event, moment) {
            case (.connected, "before head"): call?.cancel()
            case (.delivered, "after head"): call?.cancel()
            case (.delivered, "while paused"):
                call?.pause()
                call?.cancel()
            default: break
            }
        }
        let saw = try await onThread { closed.wait { $0 != nil } }
        #expect(saw)
        #expect(log.state.value.ends == 0)
        // The session serves on.
        let again = try ScriptedUpstream.perRequest { _, connection in try connection.respond(json: "{}") }
        let state = try await onThread { harness.call("GET", again.baseURL + "/").waitForEnd() }
        #expect(state.failure == nil)
    }

    @Test("many kinds of requests in turn, some cancelled, are all answered by their own")
    func manyKinds() async throws {
        let upstream = try ScriptedUpstream.perRequest { request, connection in
            try connection.respond(json: "\"\(request.target)\"")
        }
        let harness = try TransportHarness()
        // More kinds than are kept, so that the tasks of some are completed and made again.
        let answers = try await onThread {
            (0..<180).map { index -> Bool in
                let target = "/kind/\(index * 7 % 90)"
                let doomed = harness.call("GET", upstream.baseURL + target) { event, call in
                    if case .connected = event, index % 3 == 0 { call?.cancel() }
                }
                let method = index % 2 == 0 ? "GET" : "POST"
                let state = harness.call(method, upstream.baseURL + target, body: index % 2 == 0 ? nil : [])
                    .waitForEnd()
                let isDoomed = index % 3 == 0
                return state.body == Array("\"\(target)\"".utf8) && (isDoomed || doomed.waitForEnd().failure == nil)
            }
        }
        #expect(answers.allSatisfy { $0 })
    }

    @Test("the tasks of a kind that is given up are completed while other calls go on")
    func givenUp() async throws {
        let upstream = try ScriptedUpstream.perRequest { request, connection in
            try connection.respond(json: "\"\(request.target)\"")
        }
        let harness = try TransportHarness()
        let answers = try await onThread {
            // Many tasks of one kind, then enough other kinds that it is forgotten, and calls until long after.
            let many = (0..<40).map { _ in harness.call("GET", upstream.baseURL + "/many") }
            return many.map { $0.waitForEnd().failure == nil }
                + (0..<300).map { index in
                    let target = "/other/\(index % 100)"
                    let state = harness.call("GET", upstream.baseURL + target).waitForEnd()
                    return state.body == Array("\"\(target)\"".utf8)
                }
        }
        #expect(answers.allSatisfy { $0 })
    }

    @Test("a paused call reads no further than one buffer, and resumes where it stopped")
    func pause() async throws {
        let size = 64 * 1_024 * 1_024
        let sent = Monitor(0)
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readRequest()
            try connection.sendHead(fields: [WireField("Content-Length", "\(size)")])
            let piece = [UInt8](repeating: 0x62, count: 65_536)
            for _ in 0..<(size / piece.count) {
                try connection.send(piece, timeout: .seconds(600))
                sent.withLock { $0 += piece.count }
            }
        }
        let harness = try TransportHarness()
        let paused = Monitor<UpstreamCallBox?>(nil)
        let log = harness.call("GET", upstream.baseURL + "/") { event, call in
            if case .delivered = event, let call, paused.value == nil {
                call.pause()
                paused.withLock { $0 = UpstreamCallBox(call) }
            }
        }
        #expect(try await onThread { paused.wait { $0 != nil } })
        // The kernel's buffers fill and the sender stands still.
        let stalled = try await onThread { !sent.wait(timeout: .milliseconds(700)) { $0 == size } }
        #expect(stalled)
        #expect(log.state.value.body.count <= 32_768)
        harness.run { _, _ in paused.value?.call.resume() }
        let state = try await onThread { log.waitForEnd() }
        #expect(state.body.count == size)
        #expect(state.failure == nil)
    }
}

/// `@unchecked`: the call is only used inside jobs of its own loop.
final class UpstreamCallBox: @unchecked Sendable {
    let call: UpstreamCall
    init(_ call: UpstreamCall) { self.call = call }
}
