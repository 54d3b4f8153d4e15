// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayCore
import RelayLoop
import RelayUpstream

/// Single parts in process: nanoseconds an operation, the median of several rounds.
///
/// With `--part` and `--count` one part runs so often and nothing is timed: for counting instructions from outside.
enum Micro {
    static func run(_ options: Options) throws {
        let rounds = options.number("rounds", 7)
        let only = options.text("part", "")
        if !only.isEmpty {
            for (name, _, work) in try parts() where name == only { work(options.number("count", 1_000)) }
            return
        }
        for (name, count, work) in try parts() {
            var times: [Int64] = []
            for _ in 0..<rounds {
                let start = MonotonicClock.now
                work(count)
                times.append((MonotonicClock.now - start).nanoseconds)
            }
            times.sort()
            let median = Double(times[rounds / 2]) / Double(count)
            print("{\"part\":\"\(name)\",\"ns\":\(median),\"best\":\(Double(times[0]) / Double(count))}")
        }
    }

    private static func parts() throws -> [(String, Int, (Int) -> Void)] {
        let head = Array(
            ("POST /v1/chat/completions HTTP/1.1\r\nHost: relay:8080\r\nAccept: application/json\r\n"
                + "Content-Type: application/json\r\nUser-Agent: AsyncOpenAI/Python 2.41.0\r\nX-Stainless-Lang: python\r\n"
                + "Authorization: Bearer sk-test\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n"
                + "Content-Length: 0\r\n\r\n").utf8)
        let fields: FieldSection = [
            "Content-Type": "application/json", "Content-Length": "233", "Server": "x", "X-Request-Id": "0123456789",
        ]
        var upstream = UpstreamConfiguration()
        upstream.baseURL = "https://llm.corp.example/v1"
        let router = Router(paths: PathConfiguration(), upstream: upstream)
        let policy = RequestFieldPolicy(upstream: upstream)
        let token = AccessToken(
            value: Secret(String(repeating: "t", count: 900)), generation: 1, firstGeneration: 1,
            fetchedAt: TokenTime(instant: MonotonicClock.now, wallNanoseconds: 0), schedule: nil, kind: .opaque)
        let door = TokenDoor(TokenSnapshot(.held(token)))
        let box = try Mailbox<Int>()
        let piece = [UInt8](repeating: 0x61, count: 200)
        return [
            (
                "parse-request", 20_000,
                { count in
                    for _ in 0..<count {
                        var parser = RequestParser()
                        var position = 0
                        while case .head = parser.parse(head.span, at: &position) {}
                    }
                }
            ),
            (
                "encode-head", 50_000,
                { count in
                    var buffer: [UInt8] = []
                    for _ in 0..<count {
                        buffer.removeAll(keepingCapacity: true)
                        ResponseEncoder.appendHead(status: 200, fields: fields, to: &buffer)
                    }
                }
            ),
            (
                "route", 50_000,
                { count in
                    for _ in 0..<count { _ = router.route(method: "POST", path: "/v1/chat/completions") }
                }
            ),
            (
                "request-fields", 20_000,
                { count in
                    for _ in 0..<count { _ = policy.fields(from: fields, requestID: "0123456789", token: token.value) }
                }
            ),
            (
                "token-door", 200_000,
                { count in
                    let now = TokenTime(instant: MonotonicClock.now, wallNanoseconds: 0)
                    for _ in 0..<count { _ = door.decide(at: now) }
                }
            ),
            ("mailbox-post", 200_000, { count in for number in 0..<count { box.post(number) } }),
            (
                "usage-event", 100_000,
                { count in
                    var observer = UsageObserver.eventStream
                    for _ in 0..<count { observer.observe(piece.span) }
                }
            ),
        ]
    }
}
