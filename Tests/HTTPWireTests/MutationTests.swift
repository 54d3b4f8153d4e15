// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayTestSupport
import Testing

/// SplitMix64: the same sequence in every run, so that a failure can be repeated.
struct FixedRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

@Suite struct `Request parser over damaged samples` {
    @Test(arguments: UInt64(1)...8)
    func `never traps and never depends on the cuts`(seed: UInt64) throws {
        var random = FixedRandom(seed: seed)
        let samples = try CorpusSample.all()
        for _ in 0..<1500 {
            guard let sample = samples.randomElement(using: &random),
                let other = samples.randomElement(using: &random)
            else { return }
            let wire = mutate(sample.wire, with: other.wire, using: &random)
            let whole = EventLog.run([wire[...]], limits: sample.limits)
            let pieces = cut(wire, using: &random)
            let parts = EventLog.run(pieces, limits: sample.limits)
            let shown = Escapes.encode(wire)
            #expect(parts.text == whole.text, "\(shown) cut into \(pieces.map(\.count))")
            #expect(whole.violations + parts.violations == [], "\(shown)")
        }
    }

    /// One to three of: an octet changed, put in, taken out; the tail replaced by that of another sample.
    private func mutate(_ octets: [UInt8], with other: [UInt8], using random: inout FixedRandom) -> [UInt8] {
        let interesting = Array("\r\n\t :;,/#\0%+-0aA\u{7F}".utf8) + [0x80, 0x85, 0xA0, 0xFF]
        var octets = octets
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0...octets.count, using: &random)
            let octet = interesting.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where place < octets.count: octets[place] = octet
            case 1: octets.insert(octet, at: place)
            case 2 where place < octets.count: octets.remove(at: place)
            default: octets = octets[..<place] + other.suffix(Int.random(in: 0...other.count, using: &random))
            }
        }
        return octets
    }

    private func cut(_ octets: [UInt8], using random: inout FixedRandom) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = octets[...]
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 0...9, using: &random))
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}
