// SPDX-License-Identifier: Apache-2.0

/// Reads the source text of JSON numbers (RFC 8259 §6) without traps, rounding or surprises.
package enum JSONNumber {
    /// The integer the text says exactly, whatever its spelling: `300`, `300.0`, `3e2` and `30000e-2` are all 300.
    ///
    /// Nil for anything with a fraction, beyond 64 bits, or that is not a JSON number (`+5`, `05`, ` 5`, `0x5`).
    package static func exactInteger(_ text: some StringProtocol) -> Int64? {
        exactInteger(Array(text.utf8).span)
    }

    package static func exactInteger(_ bytes: Span<UInt8>) -> Int64? {
        if let plain = plainInteger(bytes) { return plain }
        guard isNumber(bytes) else { return nil }
        let negative = bytes[0] == UInt8(ascii: "-")
        var digits: [UInt8] = []
        var scale = 0
        var position = negative ? 1 : 0
        var inFraction = false
        while position < bytes.count, bytes[position] | 0x20 != UInt8(ascii: "e") {
            if bytes[position] == UInt8(ascii: ".") {
                inFraction = true
            } else {
                if !digits.isEmpty || bytes[position] != 0x30 { digits.append(bytes[position] - 0x30) }
                if inFraction { scale -= 1 }
            }
            position += 1
        }
        while digits.last == 0 {
            digits.removeLast()
            scale += 1
        }
        if digits.isEmpty { return 0 }
        if position < bytes.count { scale += exponent(bytes.extracting((position + 1)...)) }
        // 2^63 has 19 digits.
        guard scale >= 0, scale <= 19, digits.count + scale <= 19 else { return nil }
        digits.append(contentsOf: repeatElement(0, count: scale))
        return accumulate(digits, negative: negative)
    }

    /// The nearest binary fraction; nil if it is not finite (`1e309`) or the text is not a JSON number.
    package static func double(_ text: some StringProtocol) -> Double? {
        guard isNumber(Array(text.utf8).span), let value = Double(text), value.isFinite else { return nil }
        return value
    }

    private static func isNumber(_ bytes: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        guard (try? scanner.skipNumber(bytes)) != nil else { return false }
        return scanner.offset == bytes.count
    }

    /// The usual spelling: up to 18 digits and nothing else; nil for any other, right or wrong.
    private static func plainInteger(_ bytes: Span<UInt8>) -> Int64? {
        guard 1...18 ~= bytes.count, bytes[0] != 0x30 || bytes.count == 1 else { return nil }
        var value: Int64 = 0
        for index in bytes.indices {
            guard JSONByte.isDigit(bytes[index]) else { return nil }
            value = value &* 10 &+ Int64(bytes[index] &- 0x30)
        }
        return value
    }

    /// A signed exponent, clamped to what no count of digits in memory can outweigh.
    private static func exponent(_ bytes: Span<UInt8>) -> Int {
        var magnitude = 0
        for index in bytes.indices where JSONByte.isDigit(bytes[index]) {
            magnitude = min(magnitude * 10 + Int(bytes[index] - 0x30), 1_000_000_000_000)
        }
        return bytes[0] == UInt8(ascii: "-") ? -magnitude : magnitude
    }

    /// Builds downwards for negative numbers, since -2^63 has no positive counterpart.
    private static func accumulate(_ digits: [UInt8], negative: Bool) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let step = negative ? -Int64(digit) : Int64(digit)
            let (sum, carried) = scaled.addingReportingOverflow(step)
            if overflow || carried { return nil }
            value = sum
        }
        return value
    }
}
