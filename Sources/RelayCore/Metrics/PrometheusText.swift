// SPDX-License-Identifier: Apache-2.0

/// Writes the Prometheus text format 0.0.4.
package struct PrometheusText {
    /// The value of `Content-Type` for it.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String { case counter, gauge, histogram }

    private(set) var bytes: [UInt8] = []
    private var family = ""

    /// Begins a family; its samples follow at once.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        family = name
        append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    mutating func sample(_ labels: [(String, String)], _ value: UInt64) { sample("", labels, String(value)) }
    mutating func sample(_ labels: [(String, String)], _ value: Int64) { sample("", labels, String(value)) }
    mutating func sample(_ labels: [(String, String)], _ value: Double) { sample("", labels, "\(value)") }

    mutating func histogram(_ labels: [(String, String)], _ histogram: HistogramSnapshot) {
        var cumulative: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            cumulative &+= count
            let bounds = histogram.bounds.nanoseconds
            let bound = index < bounds.count ? DecimalText.seconds(nanoseconds: bounds[index]) : "+Inf"
            sample("_bucket", labels + [("le", bound)], String(cumulative))
        }
        sample("_sum", labels, DecimalText.seconds(nanoseconds: histogram.sum))
        sample("_count", labels, String(cumulative))
    }

    private mutating func sample(_ suffix: String, _ labels: [(String, String)], _ value: String) {
        append(family)
        append(suffix)
        for (index, (name, value)) in labels.enumerated() {
            append(index == 0 ? "{" : ",")
            append(name)
            append("=\"")
            appendEscaped(value)
            append("\"")
        }
        append(labels.isEmpty ? " " : "} ")
        append(value)
        append("\n")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func appendEscaped(_ value: String) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\n"): append("\\n")
            default: bytes.append(byte)
            }
        }
    }
}

/// Exact decimals, without binary fractions.
package enum DecimalText {
    /// Seconds without trailing zeros: 2500000 is `0.0025`.
    package static func seconds(nanoseconds: UInt64) -> String {
        var fraction = nanoseconds % 1_000_000_000
        let whole = String(nanoseconds / 1_000_000_000)
        guard fraction > 0 else { return whole }
        var digits = 9
        while fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        let text = String(fraction)
        return whole + "." + String(repeating: "0", count: digits - text.utf8.count) + text
    }
}
