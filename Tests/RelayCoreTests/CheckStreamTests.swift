// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase
import RelayCore
import Testing

/// Verdicts on streams, from the times of their pieces.
@Suite("Check: streams")
struct CheckStreamTests {
    private static let event = #"data: {"choices":[{"delta":{"content":"x"}}]}"# + "\n\n"
    private static let start = Instant(nanoseconds: 1_000_000_000)

    /// Pieces at these milliseconds, with that many events in each.
    private func timeline(_ pieces: [(at: Int, events: Int)], end: String = "data: [DONE]\n\n") -> StreamTimeline {
        var timeline = StreamTimeline(startedAt: Self.start)
        for (index, piece) in pieces.enumerated() {
            var text = String(repeating: Self.event, count: piece.events)
            if index == pieces.count - 1 { text += end }
            timeline.received(Array(text.utf8), at: Self.start + .milliseconds(piece.at))
        }
        return timeline
    }

    @Test("pieces that come one by one flow; all at once after a wait is a lump; all at once at once says nothing")
    func verdicts() {
        #expect(timeline((0..<20).map { (300 + $0 * 40, 1) }).verdict == .flowing)
        #expect(timeline([(2_000, 30)]).verdict == .oneLump)
        // A lump is read in several parts.
        #expect(timeline([(2_000, 10), (2_004, 10), (2_090, 10)]).verdict == .oneLump)
        #expect(timeline([(8, 30)]).verdict == .tooQuick)
        #expect(timeline([(2_000, 2)]).verdict == .tooShort)
        #expect(timeline([]).verdict == .tooShort)
        // A burst at the end of a stream that flowed is no lump.
        #expect(timeline([(300, 1), (900, 1), (1_500, 1), (1_501, 30)]).verdict == .flowing)
    }

    @Test("figures: pieces, events, first piece, largest gap")
    func figures() {
        let timeline = timeline([(120, 1), (160, 2), (460, 1)])
        #expect(timeline.pieces == 3)
        #expect(timeline.events == 5)
        #expect(timeline.firstPiece == .milliseconds(120))
        #expect(timeline.largestGap == .milliseconds(300))
        #expect(timeline.isComplete)
    }

    @Test("events are counted whatever the line ends and wherever they are cut", arguments: ["\n", "\r\n", "\r"])
    func lineEnds(_ end: String) {
        let text = [
            "data: {\"choices\":[]}", "", ": comment", "", "data:{\"choices\":[{\"finish_reason\":\"stop\"}]}", "",
        ].joined(separator: end)
        for size in 1...7 {
            var timeline = StreamTimeline(startedAt: Self.start)
            var rest = Array((text + end).utf8)[...]
            while !rest.isEmpty {
                timeline.received(rest.prefix(size), at: Self.start)
                rest = rest.dropFirst(size)
            }
            #expect(timeline.events == 2)
            #expect(timeline.isComplete)
            #expect(!timeline.hasError)
        }
    }

    private func codes(_ timeline: StreamTimeline, type: String = "text/event-stream; charset=utf-8") -> [CheckCause] {
        CheckFinding.findings(
            timeline, fields: ["Content-Type": type], slow: .seconds(10), side: .upstream
        ).map(\.code)
    }

    @Test("what is wrong with a stream")
    func findings() {
        #expect(codes(timeline([(100, 5), (300, 5)])) == [])
        #expect(codes(timeline([(2_000, 30)])) == [.streamInOneLump])
        #expect(codes(timeline([(10_001, 5), (12_000, 5)])) == [.firstPieceSlow])
        #expect(codes(timeline([(10_000, 5), (12_000, 5)])) == [])
        #expect(codes(timeline([(11_000, 30)])) == [.streamInOneLump, .firstPieceSlow])
        #expect(codes(timeline([(100, 5), (300, 5)], end: "")) == [.streamError])
        #expect(
            codes(timeline([(100, 5), (300, 5)], end: "data: {\"error\":{\"message\":\"x\"}}\n\n")) == [.streamError])
        #expect(codes(timeline([(100, 5)]), type: "application/json") == [.streamIgnored])
    }

    @Test("direct and relayed together tell who collects")
    func comparison() {
        #expect(CheckFinding.comparison(direct: .flowing, relayed: .flowing) == nil)
        #expect(CheckFinding.comparison(direct: .flowing, relayed: .oneLump)?.code == .buffersAtRelay)
        #expect(CheckFinding.comparison(direct: .oneLump, relayed: .oneLump)?.code == .buffersAtGateway)
        #expect(CheckFinding.comparison(direct: .oneLump, relayed: .flowing)?.code == .buffersAtGateway)
        #expect(CheckFinding.comparison(direct: .tooQuick, relayed: .oneLump) == nil)
    }

    @Test("models are taken as named, and gaps filled by what their ids give away")
    func models() {
        let named = CheckModels(options: ["gpt", "embeddings=e=1", "rerank=r"])
        #expect((named.chat, named.embeddings, named.rerank) == ("gpt", "e=1", "r"))
        #expect(CheckModels(options: ["chat=a", "chat=b"]).chat == "b")
        let ids = ["whisper-1", "bge-reranker-v2", "text-embedding-3", "dall-e-3", "qwen3-vl", "qwen3-32b", "glm"]
        let found = CheckModels().completed(from: ids)
        #expect((found.chat, found.embeddings, found.rerank) == ("qwen3-32b", "text-embedding-3", "bge-reranker-v2"))
        #expect(CheckModels(options: ["mine"]).completed(from: ids).chat == "mine")
        #expect(CheckModels().completed(from: []).chat == nil)
    }
}
