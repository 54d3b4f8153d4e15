// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import Testing

@Suite struct `Request parser over the corpus` {
    @Test(arguments: try CorpusSample.all())
    func `says what the sample says, however the octets are cut`(sample: CorpusSample) {
        let whole = EventLog.run([sample.wire[...]], limits: sample.limits)
        #expect(whole.text == sample.events)
        #expect(whole.violations == [])

        let single = EventLog.run(sample.wire.indices.map { sample.wire[$0...$0] }, limits: sample.limits)
        #expect(single.text == sample.events, "octet by octet")
        #expect(single.violations == [])

        let wrongCut = sample.wire.indices.dropFirst().first { cut in
            let log = EventLog.run([sample.wire[..<cut], sample.wire[cut...]], limits: sample.limits)
            return log.text != sample.events || !log.violations.isEmpty
        }
        #expect(wrongCut == nil, "cut in two")
    }

    @Test func `has a sample for every cause of failure`() throws {
        let seen = Set(try CorpusSample.all().flatMap { $0.events.split(separator: "\n") }.map(String.init))
        for error in ParseError.allCases {
            #expect(seen.contains("fail \(error.status) \(error)"), "\(error)")
        }
    }

    @Test func `keeps its size`() throws {
        #expect(try CorpusSample.all().count >= 417)
    }
}
