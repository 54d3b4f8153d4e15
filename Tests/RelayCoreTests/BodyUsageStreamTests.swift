// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

@Suite struct BodyUsageStreamTests {
    static let streams: [(String, UsageCounts?, String?)] = [
        (
            "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n"
                + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n",
            UsageCounts(prompt: 7, completion: 3), "m"
        ),
        (
            "data:{\"model\":\"m\",\"usage\":null}\r\n\r\ndata:{\"usage\":{\"prompt_tokens\":1}}\r\n\r\n"
                + ": usage\r\n\r\ndata:{\"usage\":{\"prompt_tokens\":2}}\r\n\r\ndata:[DONE]\r\n\r\n",
            UsageCounts(prompt: 2), "m"
        ),
        (
            "\u{FEFF}data: {\"usage\":{\"prompt_tokens\":1,\rdata: \"completion_tokens\"\rdata::4}}\r\r"
                + "event: x\rdata: x\r\r",
            UsageCounts(prompt: 1, completion: 4), nil
        ),
        (
            "event: response.created\ndata: {\"response\":{\"model\":\"r\",\"usage\":null}}\n\n"
                + "event: response.completed\nid: 5\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":"
                + "[{\"text\":\"}{\\\"\"}],\"usage\":{\"input_tokens\":5,\"output_tokens\":6}}}\n\n",
            UsageCounts(prompt: 5, completion: 6), "r"
        ),
        (
            "data: {\"model\":\"m\",\r\ndata:\r\ndata: \"usage\":\r\ndata: {\"prompt_tokens\":3}}\r\n\r\n",
            UsageCounts(prompt: 3), "m"
        ),
        ("data: {\"usage\":{\"prompt_tokens\":3}}", UsageCounts(prompt: 3), nil),
        ("xdata: {\"usage\":{\"prompt_tokens\":3}}\n\n data: {\"usage\":{\"prompt_tokens\":3}}\n\n", nil, nil),
        ("data : {\"usage\":{\"prompt_tokens\":3}}\n\ndatax: {\"usage\":{\"prompt_tokens\":3}}\n\ndata\n\n", nil, nil),
        ("data: {\"usage\":\n\ndata: {\"prompt_tokens\":3}}\n\n", nil, nil),
        ("data: {\"x\":\"\n\ndata: {\"usage\":{\"prompt_tokens\":3}}\n\n", UsageCounts(prompt: 3), nil),
        (
            "data: {\"a\":{\"b\":[\n\ndata: {\"x\":\"\\\n\ndata: {\"usage\":{\"prompt_tokens\":3}}\n\n",
            UsageCounts(prompt: 3), nil
        ),
        (
            String(repeating: "data: {\"choices\":[]}\n\n", count: 8)
                + "data: {\"model\":\"late\",\"usage\":{\"prompt_tokens\":3}}\n\n",
            UsageCounts(prompt: 3), nil
        ),
        ("data: {\"model\":\"\"}\n\ndata: {\"model\":\"second\"}\n\ndata: {\"model\":\"third\"}\n\n", nil, "second"),
        ("data: {\"model\":\"m\"}\n\ndata: {\"meta\":{\"tokens\":{\"input_tokens\":3}}}\n\n", nil, "m"),
    ]

    @Test("The last usage is read from a stream, however it is split", arguments: streams.indices)
    func ignoresSplits(index: Int) {
        let (text, counts, model) = Self.streams[index]
        let bytes = Array(text.utf8)
        for place in 0...bytes.count {
            let read = BodyUsageTests.read(bytes, stream: true, splitAt: [place])
            #expect(read.0 == counts && read.1 == model, "split at \(place)")
        }
        let read = BodyUsageTests.read(bytes, stream: true, splitAt: Array(bytes.indices))
        #expect(read.0 == counts && read.1 == model)
    }

    @Test("Random streams give the same in one piece, in bytes and in random pieces", arguments: 0..<8)
    func agreesOnSplits(seed: Int) {
        var random = JSONRandom(seed: UInt64(seed) + 90)
        let parts = [
            "data: ", "data:", "data", ": c", "event: usage", "{\"usage\":{\"prompt_tokens\":5}}", "{\"usage\":",
            "{\"prompt_tokens\":6}",
            "{\"model\":\"m\",", "\"x\":1}", "\n", "\n\n", "\r\n\r\n", "\r", "\r\r", "\r\n", "[DONE]", "\"", "\\", "}",
            "{", "usage", "\u{FEFF}",
            "{\"meta\":{\"tokens\":{\"input_tokens\":3}}}", "data: {\"model\":\"m\"}\n\n",
        ]
        for _ in 0..<120 {
            let bytes = Array((0..<random.below(40)).map { _ in random.pick(parts) }.joined().utf8)
            let whole = BodyUsageTests.read(bytes, stream: true)
            let single = BodyUsageTests.read(bytes, stream: true, splitAt: Array(bytes.indices))
            // After each event: the pieces that may be passed over at one search.
            let events = bytes.indices.filter {
                $0 > 0 && EventStreamBoundary.endsBetweenEvents(Array(bytes[..<$0]).span)
            }
            let byEvent = BodyUsageTests.read(bytes, stream: true, splitAt: events)
            let somewhere = (0..<5).map { _ in random.below(bytes.count + 1) }.sorted()
            let pieces = BodyUsageTests.read(bytes, stream: true, splitAt: somewhere)
            for other in [single, byEvent, pieces] {
                #expect(
                    whole.0 == other.0 && whole.1 == other.1,
                    "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
            }
        }
    }

    @Test("Random bytes never trap", arguments: 0..<4)
    func survivesNoise(seed: Int) {
        var random = JSONRandom(seed: UInt64(seed) + 9_000)
        for _ in 0..<500 {
            let noise = (0..<random.below(200)).map { _ in
                random.below(3) == 0 ? UInt8(random.below(256)) : random.pick(Array("{}[]\":,\\\r\n usage".utf8))
            }
            _ = BodyUsageTests.read(noise, stream: false)
            _ = BodyUsageTests.read(Array("{\"usage\":{".utf8) + noise, stream: false)
            _ = BodyUsageTests.read(Array("data: {\"usage\":{".utf8) + noise, stream: true)
        }
    }

    @Test("An event of many megabytes is followed to its usage")
    func followsLongEvents() {
        var observer = UsageObserver.eventStream
        let head = Array("data: {\"response\":{\"instructions\":\"".utf8)
        let filler = [UInt8](repeating: UInt8(ascii: "u"), count: 100_000)
        let tail = Array("\",\"usage\":{\"input_tokens\":8}}}\n\n".utf8)
        observer.observe(head.span)
        for _ in 0..<20 { observer.observe(filler.span) }
        observer.observe(tail.span)
        #expect(observer.counts == UsageCounts(prompt: 8))
    }
}
