// SPDX-License-Identifier: Apache-2.0
import RelayBase

extension ConfigurationValue {
    private static let durationForms = "is not a duration (like 500ms, 10s, 5m, 1h; a bare number is seconds)"
    private static let sizeForms =
        "is not a size (like 64MiB, 1GB, 64K; KB, MB, GB are powers of ten, KiB, MiB, GiB and K, M, G powers of two)"

    private static let durationUnits: [(name: String, nanoseconds: UInt64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000),
    ]

    /// `500ms`, `10s`, `5m`, `1h`, `2d`, `1m30s` with falling units, decimals too (`1.5s`); a bare number is seconds.
    package static func duration(_ text: String) throws(ValueError) -> Duration {
        var rest = text.lowercased().utf8[...]
        var total: UInt64 = 0
        var nextUnit = 0
        var isFirst = true
        repeat {
            guard let number = decimal(prefixOf: &rest) else { throw ValueError(durationForms) }
            let name = String(Substring(rest.prefix(while: isLetter)))
            rest = rest.dropFirst(name.utf8.count)
            let isBare = name.isEmpty && isFirst && rest.isEmpty
            guard let unit = durationUnits.firstIndex(where: { $0.name == (isBare ? "s" : name) }), unit >= nextUnit
            else {
                throw ValueError(durationForms)
            }
            nextUnit = unit + 1
            isFirst = false
            guard let part = number.scaled(by: durationUnits[unit].nanoseconds) else {
                throw ValueError("is too long a time")
            }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow, sum <= UInt64(Int64.max) else { throw ValueError("is too long a time") }
            total = sum
        } while !rest.isEmpty
        return .nanoseconds(Int64(total))
    }

    /// Bytes: `64MiB`, `1GB`, `64K`, or a bare number; the case of the unit does not matter.
    package static func size(_ text: String) throws(ValueError) -> Int {
        var rest = text.lowercased().utf8[...]
        guard let number = decimal(prefixOf: &rest), number.fraction == 0, number.scale == 1 else {
            throw ValueError(sizeForms)
        }
        let factor: UInt64
        switch String(Substring(rest)) {
        case "", "b": factor = 1
        case "k", "kib": factor = 1 << 10
        case "m", "mib": factor = 1 << 20
        case "g", "gib": factor = 1 << 30
        case "t", "tib": factor = 1 << 40
        case "kb": factor = 1_000
        case "mb": factor = 1_000_000
        case "gb": factor = 1_000_000_000
        case "tb": factor = 1_000_000_000_000
        default: throw ValueError(sizeForms)
        }
        guard let bytes = number.scaled(by: factor), bytes <= UInt64(Int.max) else {
            throw ValueError("is more than any machine has")
        }
        return Int(bytes)
    }

    /// ASCII digits only: `Int("+5")` would take a sign.
    package static func integer(_ text: String) throws(ValueError) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy(isDigit) else { throw ValueError("is not a whole number") }
        guard let value = Int(text) else { throw ValueError("is too large a number") }
        return value
    }

    /// Digits with at most one decimal point.
    package static func fraction(_ text: String) throws(ValueError) -> Double {
        var rest = text.utf8[...]
        guard decimal(prefixOf: &rest) != nil, rest.isEmpty, let value = Double(text) else {
            throw ValueError("is not a number (like 0.1)")
        }
        return value
    }

    /// A decimal number without rounding: `whole` and `fraction / scale`.
    private struct Decimal {
        var whole: UInt64
        var fraction: UInt64
        var scale: UInt64

        /// Nil on overflow.
        func scaled(by factor: UInt64) -> UInt64? {
            let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
            let part = fraction.multipliedFullWidth(by: factor)
            // fraction < scale, so the quotient is below `factor` and the division cannot trap.
            let (sum, carried) = product.addingReportingOverflow(scale.dividingFullWidth(part).quotient)
            return overflow || carried ? nil : sum
        }
    }

    /// Takes `digits` or `digits.digits` (at most nine decimals) off the front.
    private static func decimal(prefixOf rest: inout Substring.UTF8View) -> Decimal? {
        let whole = rest.prefix(while: isDigit)
        guard !whole.isEmpty, let value = UInt64(Substring(whole)) else { return nil }
        rest = rest.dropFirst(whole.count)
        guard rest.first == UInt8(ascii: ".") else { return Decimal(whole: value, fraction: 0, scale: 1) }
        let decimals = rest.dropFirst().prefix(while: isDigit)
        guard (1...9).contains(decimals.count), let fraction = UInt64(Substring(decimals)) else { return nil }
        rest = rest.dropFirst(1 + decimals.count)
        let scale = (0..<decimals.count).reduce(UInt64(1)) { power, _ in power * 10 }
        return Decimal(whole: value, fraction: fraction, scale: scale)
    }
}

extension Duration {
    /// As the operator would write it: `1h`, `90s`, `500ms`.
    package var configurationText: String {
        let nanoseconds = self.nanoseconds
        if nanoseconds == 0 { return "0s" }
        for (unit, size) in [("d", Int64(86_400_000)), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
            let size = size * 1_000_000
            if nanoseconds % size == 0 { return "\(nanoseconds / size)\(unit)" }
        }
        return "\(Double(nanoseconds) / 1e9)s"
    }
}
