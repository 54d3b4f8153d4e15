// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// What one answer shall do differently; asked for by `x-demo-…` fields of its request or by `/control/failures`.
struct Misbehaviour: Sendable, Equatable {
    /// How a dropped stream ends.
    enum Drop: String, Sendable { case fin, rst }

    var delayFirstByte: Duration = .zero
    /// Answer with this status instead.
    var status: Int?
    /// Seconds in `Retry-After` beside `status`.
    var retryAfter: Int?
    /// Cut a stream after this many pieces.
    var dropAfter: Int?
    var drop: Drop = .fin
    var pieceInterval: Duration?
    /// Length of a generated text in pieces.
    var pieces: Int?
    /// Send an event stream cut at this byte, in two writes; or in writes of `splitEvery` bytes.
    var splitAt: Int?
    var splitEvery: Int?
    /// Event streams with CRLF line ends; with comment lines between events; with reasoning before the answer.
    var wantsCRLF = false
    var wantsComments = false
    var wantsReasoning = false
    /// Frame a stream by `Content-Length` or by the end of the connection.
    var wantsContentLength = false
    var wantsCloseDelimited = false
    /// Refuse body members that the endpoint does not know, as strict gateways do.
    var isStrict = false
    /// Answer with this many filler bytes.
    var bytes: Int?

    /// Adds what the fields of `request` ask for.
    mutating func merge(fieldsOf request: RecordedRequest) throws {
        for field in request.fields where field.name.lowercased().hasPrefix("x-demo-") {
            let name = field.name.lowercased().dropFirst(7)
            try set(String(name), to: field.value)
        }
    }

    mutating func set(_ name: String, to value: String) throws {
        switch name {
        case "delay-first-byte": delayFirstByte = try Options.duration(value, called: name)
        case "piece-interval": pieceInterval = try Options.duration(value, called: name)
        case "status": status = try Self.number(value, 200...599, name)
        case "retry-after": retryAfter = try Self.number(value, 0...86_400, name)
        case "drop-after": dropAfter = try Self.number(value, 0...1_000_000, name)
        case "pieces": pieces = try Self.number(value, 1...1_000_000, name)
        case "split-at": splitAt = try Self.number(value, 0...1_000_000_000, name)
        case "split-every": splitEvery = try Self.number(value, 1...1_000_000_000, name)
        case "bytes": bytes = try Self.number(value, 0...100_000_000_000, name)
        case "drop-kind":
            guard let kind = Drop(rawValue: value) else { throw Self.problem(name, value, "fin or rst") }
            drop = kind
        case "crlf": wantsCRLF = value == "true"
        case "comments": wantsComments = value == "true"
        case "reasoning": wantsReasoning = value == "true"
        case "content-length": wantsContentLength = value == "true"
        case "close-delimited": wantsCloseDelimited = value == "true"
        case "strict": isStrict = value == "true"
        default: throw Options.Problem(description: "unknown wish x-demo-\(name)")
        }
    }

    private static func number(_ text: String, _ range: ClosedRange<Int>, _ name: String) throws -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw problem(name, text, "\(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func problem(_ name: String, _ value: String, _ range: String) -> Options.Problem {
        Options.Problem(description: "x-demo-\(name): \"\(value)\" is not \(range)")
    }
}
