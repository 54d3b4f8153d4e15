// SPDX-License-Identifier: Apache-2.0
package import HTTPWire

/// Names exchanges: the client's `X-Request-Id` if it is fit, else one of its own making.
///
/// A made one is 32 hexadecimal digits: 64 random bits drawn once, which tell loops, processes and starts apart, and a
/// scrambled counter, which cannot repeat within one of them. No system call is made after the start.
package struct RequestIDSource: Sendable {
    private let origin: UInt64
    private var counter: UInt64

    package init(using generator: inout some RandomNumberGenerator) {
        origin = generator.next()
        counter = generator.next()
    }

    package init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    /// The identifier for a request with these fields.
    package mutating func identifier(for fields: FieldSection) -> String { Self.sent(fields) ?? make() }

    /// A new identifier.
    package mutating func make() -> String {
        counter &+= 1
        let words = (origin, Self.scrambled(counter))
        var digits: [UInt8] = []
        digits.append(addingCapacity: 32) { output in
            Self.append(words.0, to: &output)
            Self.append(words.1, to: &output)
        }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func append(_ word: UInt64, to output: inout OutputSpan<UInt8>) {
        for place in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: word &>> UInt64(60 - 4 * place) & 15)
            output.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }

    /// The client's own, if there is exactly one field with 1 to 128 visible ASCII characters.
    private static func sent(_ fields: FieldSection) -> String? {
        var found: Field?
        for field in fields where Field.sameName(field.name, "x-request-id") {
            if found != nil { return nil }
            found = field
        }
        guard let value = found?.valueBytes, (1...128).contains(value.count),
            value.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return String(decoding: value, as: UTF8.self)
    }

    /// The finalizer of SplitMix64, a permutation of the 64-bit numbers.
    private static func scrambled(_ number: UInt64) -> UInt64 {
        var z = number &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
