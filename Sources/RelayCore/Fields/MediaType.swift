// SPDX-License-Identifier: Apache-2.0
package import HTTPWire

/// What kind of body a `Content-Type` announces, as far as the relay looks into bodies.
package enum MediaType: Sendable {
    /// `application/json`, or any type with the suffix `+json` (RFC 6839 §3.1).
    case json
    case eventStream
    case other

    /// Of the first `Content-Type`; `other` without one.
    package init(of fields: FieldSection?) {
        guard let value = fields?.first("content-type")?.valueBytes else {
            self = .other
            return
        }
        let type = value.span
        var end = 0
        while end < type.count, type[end] != UInt8(ascii: ";") { end += 1 }
        var start = 0
        while start < end, Self.isBlank(type[start]) { start += 1 }
        while end > start, Self.isBlank(type[end - 1]) { end -= 1 }
        let name = type.extracting(start..<end)
        if Self.ends(name, "application/json", whole: true) || Self.ends(name, "+json") {
            self = .json
        } else {
            self = Self.ends(name, "text/event-stream", whole: true) ? .eventStream : .other
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Whether `name` ends in `suffix`, or is that; without regard to the case of ASCII letters.
    private static func ends(_ name: Span<UInt8>, _ suffix: String, whole: Bool = false) -> Bool {
        let suffix = suffix.utf8Span.span
        guard name.count == suffix.count || (!whole && name.count > suffix.count) else { return false }
        return equalIgnoringCase(name.extracting(last: suffix.count), suffix)
    }
}
