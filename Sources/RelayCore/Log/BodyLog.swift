// SPDX-License-Identifier: Apache-2.0
import HTTPWire

/// The part of a body that `RELAY_LOG_BODIES` lets into the log.
///
/// Holds at most 2 KiB (`head`) or 1 MiB (`full`) of each body in flight; nothing when off.
package struct BodyCapture: Sendable {
    private let limit: Int
    private var bytes: [UInt8] = []
    private var total: UInt64 = 0

    package init(_ mode: LogConfiguration.Bodies) {
        limit =
            switch mode {
            case .off: 0
            case .head: 2 << 10
            case .full: 1 << 20
            }
    }

    package var isOn: Bool { limit > 0 }

    package mutating func append(copying piece: Span<UInt8>) {
        guard isOn else { return }
        total += UInt64(piece.count)
        bytes.append(copying: piece.extracting(first: limit - bytes.count))
    }

    package enum Direction: String, Sendable { case request, response }

    /// The log record, nil when off or if there was no body.
    ///
    /// Only bodies are ever given to it, no header; what looks like a credential inside a body is blotted out all the
    /// same. A body that is not UTF-8 text is written as base64.
    /// - Parameter secrets: what was used for this exchange: the token, the client's key.
    package func record(_ direction: Direction, requestID: String, secrets: [Secret]) -> LogRecord? {
        guard total > 0 else { return nil }
        let scrubbed = SecretScrubber.scrub(bytes, secrets: secrets)
        let isCut = total > UInt64(bytes.count)
        let text = Self.text(scrubbed, isCut: isCut)
        return LogRecord(
            .info, "body",
            [
                "request_id": .string(requestID), "direction": .string(direction.rawValue), "bytes": .uint(total),
                "cut": .bool(isCut), "encoding": text == nil ? "base64" : "text",
                "body": .body(text ?? Base64.encoded(scrubbed)),
            ])
    }

    /// Nil if it is no text.
    ///
    /// A character that was cut in two at the end is left out.
    private static func text(_ bytes: [UInt8], isCut: Bool) -> String? {
        if bytes.contains(0) { return nil }
        for dropped in 0...(isCut ? min(3, bytes.count) : 0) {
            if let text = String(validating: bytes.dropLast(dropped), as: UTF8.self) { return text }
        }
        return nil
    }
}
