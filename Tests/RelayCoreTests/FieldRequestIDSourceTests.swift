// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore
import Testing

@Suite struct FieldRequestIDSourceTests {
    /// Counts up from a seed, so that sources can be made alike or not.
    private struct Counting: RandomNumberGenerator {
        var value: UInt64
        mutating func next() -> UInt64 {
            value &+= 1
            return value
        }
    }

    private func source(_ seed: UInt64 = 0) -> RequestIDSource {
        var generator = Counting(value: seed)
        return RequestIDSource(using: &generator)
    }

    @Test(
        "a fit identifier of the client is kept",
        arguments: ["x", "req-1/ü".replacing("ü", with: "u"), "~!@#$%^&*()", String(repeating: "a", count: 128)])
    func kept(id: String) {
        var source = source()
        #expect(source.identifier(for: ["a": "b", "x-REQUEST-id": id]) == id)
    }

    @Test(
        "an unfit one is replaced", arguments: ["", "a b", "é", "a\tb", String(repeating: "a", count: 129), "\u{7F}"])
    func replaced(id: String) {
        var source = source()
        let made = source.identifier(for: ["X-Request-Id": id])
        #expect(made != id)
        #expect(made.utf8.count == 32)
    }

    @Test func `two fields are ambiguous, none is none`() {
        var source = source()
        #expect(source.identifier(for: ["X-Request-Id": "a", "x-request-id": "a"]).utf8.count == 32)
        #expect(source.identifier(for: [:]).utf8.count == 32)
    }

    @Test func `made identifiers are lower-case hexadecimal and never repeat`() {
        var sources = [source(0), source(1), source(.max - 1), RequestIDSource(), RequestIDSource()]
        var seen: Set<String> = []
        for index in sources.indices {
            for _ in 0..<2_000 {
                let id = sources[index].make()
                #expect(id.utf8.count == 32 && id.allSatisfy { $0.isHexDigit && !$0.isUppercase })
                #expect(seen.insert(id).inserted)
            }
        }
    }
}
