// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore
import Testing

/// What of upstream's head reaches the client, and how the body is framed.
@Suite struct FieldResponseTests {
    private func policy(
        _ fields: FieldSection, _ framing: ResponseFraming = .chunked, status: Int = 200, isHead: Bool = false,
        minor: Int = 1, insertsComments: Bool = false
    ) -> ResponseHeadPolicy {
        ResponseHeadPolicy(
            status: status, fields: fields, framing: framing, isHead: isHead, clientMinorVersion: minor, requestID: "r",
            insertsComments: insertsComments)
    }

    private func lines(_ fields: FieldSection) -> [String] { fields.map { "\($0.name): \($0.value)" } }

    @Test func `end-to-end fields keep order, spelling and duplicates`() {
        let upstream: FieldSection = [
            "SERVER": "x", "content-type": "application/json", "Set-Cookie": "a=1", "Vary": "a", "vary": "b",
            "Proxy-Authenticate": "Basic", "content-length": "5", "set-cookie": "b=2", "X-RateLimit-Remaining": "1",
            "Retry-After": "3", "WWW-Authenticate": "Negotiate", "Location": "/x", "Date": "now", "X-Empty": "",
        ]
        #expect(
            lines(policy(upstream, .length(5)).fields) == [
                "SERVER: x", "content-type: application/json", "Vary: a", "vary: b", "Proxy-Authenticate: Basic",
                "content-length: 5", "X-RateLimit-Remaining: 1", "Retry-After: 3", "WWW-Authenticate: Negotiate",
                "Location: /x", "Date: now", "X-Empty: ", "X-Request-Id: r",
            ])
    }

    @Test(
        "fields of the hop go",
        arguments: [
            "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
            "SET-COOKIE",
        ])
    func hop(name: String) {
        let head = policy([name: "evil", name.lowercased(): "evil", "a": "1"], .untilClose, minor: 0)
        #expect(lines(head.fields) == ["a: 1", "X-Request-Id: r"])
    }

    @Test func `fields named in Connection go, but the framing and the request id hold`() {
        let upstream: FieldSection = [
            "Connection": "x-hop, Content-Length", "X-Hop": "1", "connection": "X-Request-Id,x-other", "X-Other": "2",
            "Content-Length": "5", "X-Request-Id": "u", "X-End": "3",
        ]
        #expect(lines(policy(upstream, .length(5)).fields) == ["Content-Length: 5", "X-Request-Id: r", "X-End: 3"])
    }

    @Test func `the relay's request id replaces upstream's, in its place and once`() {
        let head = policy(["x-request-id": "u", "A": "1", "X-Request-ID": "v"], .untilClose, minor: 0)
        #expect(lines(head.fields) == ["x-request-id: r", "A: 1"])
    }

    @Test(
        "the framing follows the request, the status and the client's version",
        arguments: [
            (200, ResponseFraming.length(7), false, 1, ResponseFraming.length(7), "7", nil),
            (200, .length(7), false, 0, .length(7), "7", nil), (200, .length(0), false, 1, .length(0), "0", nil),
            (200, .chunked, false, 1, .chunked, nil, "chunked"), (200, .chunked, false, 0, .untilClose, nil, nil),
            (200, .untilClose, false, 1, .chunked, nil, "chunked"), (200, .untilClose, false, 0, .untilClose, nil, nil),
            (200, .none, true, 1, .none, "7", nil), (304, .none, false, 1, .none, "7", nil),
            (304, .none, false, 0, .none, "7", nil), (204, .none, false, 1, .none, nil, nil),
            (204, .none, true, 1, .none, nil, nil), (404, .none, true, 0, .none, "7", nil),
            (500, .chunked, false, 1, .chunked, nil, "chunked"),
        ] as [(Int, ResponseFraming, Bool, Int, ResponseFraming, String?, String?)])
    func framing(
        status: Int, upstream: ResponseFraming, isHead: Bool, minor: Int, expected: ResponseFraming, length: String?,
        coding: String?
    ) {
        var fields: FieldSection = ["Transfer-Encoding": "gone"]
        if case .length(let count) = upstream { fields.append(name: "Content-Length", value: "\(count)") }
        if upstream == .none { fields.append(name: "Content-Length", value: "7") }
        let head = policy(fields, upstream, status: status, isHead: isHead, minor: minor)
        #expect(head.framing == expected)
        #expect(head.fields.value(of: "content-length") == length)
        #expect(head.fields.values(of: "transfer-encoding") == (coding.map { [$0] } ?? []))
    }

    @Test func `a length is written once, as one number`() {
        #expect(
            policy(["Content-Length": "5", "content-length": "5"], .length(5)).fields.values(of: "content-length") == [
                "5"
            ])
        #expect(policy(["content-length": "5, 5"], .length(5)).fields.values(of: "content-length") == ["5"])
        #expect(policy(["content-length": "005"], .length(5)).fields.values(of: "content-length") == ["5"])
        #expect(policy(["content-length": "9"], .chunked).fields.values(of: "content-length") == [])
    }

    @Test(
        "event streams are recognised by their media type",
        arguments: [
            ("text/event-stream", true), ("TEXT/Event-Stream; charset=utf-8", true), ("text/event-stream;x", true),
            ("text/event-stream ;x", true), ("text/event-streams", false), ("application/json", false), ("", false),
            ("application/json; text/event-stream", false),
        ])
    func eventStream(type: String, isStream: Bool) {
        let head = policy(["Content-Type": type, "cache-control": "no-transform"], .untilClose, minor: 0)
        #expect(head.isEventStream == isStream)
        #expect(head.fields.value(of: "x-accel-buffering") == (isStream ? "no" : nil))
        #expect(head.fields.values(of: "cache-control") == ["no-transform"])
    }

    @Test func `an event stream without Cache-Control gets no-cache`() {
        let head = policy(["Content-Type": "text/event-stream", "X-Accel-Buffering": "yes", "a": "1"])
        #expect(
            lines(head.fields) == [
                "Content-Type: text/event-stream", "X-Accel-Buffering: no", "a: 1", "X-Request-Id: r",
                "Cache-Control: no-cache", "Transfer-Encoding: chunked",
            ])
    }

    @Test func `an upstream mark that says no already keeps its spelling`() {
        let head = policy(["content-type": "text/event-stream", "x-accel-buffering": "no"])
        #expect(head.fields.first("x-accel-buffering")?.name == "x-accel-buffering")
        #expect(head.fields.all("x-accel-buffering").count == 1)
    }

    @Test func `only an event stream into which comments may go loses its length`() {
        let stream: FieldSection = ["Content-Type": "text/event-stream", "Content-Length": "9"]
        #expect(policy(stream, .length(9)).framing == .length(9))
        #expect(policy(stream, .length(9), insertsComments: true).framing == .chunked)
        #expect(!policy(stream, .length(9), insertsComments: true).fields.contains("content-length"))
        #expect(policy(stream, .length(9), minor: 0, insertsComments: true).framing == .untilClose)
        #expect(policy(["Content-Length": "9"], .length(9), insertsComments: true).framing == .length(9))
    }

    @Test(
        "a content coding is noticed",
        arguments: [("gzip", true), ("identity", false), ("Identity", false), ("", false)])
    func encoded(coding: String, isEncoded: Bool) {
        #expect(policy(["content-encoding": coding]).isEncoded == isEncoded)
    }
}
