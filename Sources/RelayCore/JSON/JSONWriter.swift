// SPDX-License-Identifier: Apache-2.0

/// Writes JSON into a byte array, commas included; the caller keeps begin and end in pairs.
///
///     var json = JSONWriter()
///     json.object { $0.member("status", 200); $0.member("client", "ragflow") }
///     send(json.bytes)
package struct JSONWriter: Sendable {
    /// What has been written, after what was handed in at the start.
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    package init(appendingTo bytes: [UInt8] = []) { self.bytes = bytes }

    /// What has been written, as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    private mutating func separate() {
        if needsComma { bytes.append(JSONByte.comma) }
        needsComma = true
    }

    private mutating func open(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    package mutating func beginObject() { open(JSONByte.openBrace) }
    package mutating func endObject() { close(JSONByte.closeBrace) }
    package mutating func beginArray() { open(JSONByte.openBracket) }
    package mutating func endArray() { close(JSONByte.closeBracket) }

    package mutating func object(_ body: (inout JSONWriter) -> Void) {
        beginObject()
        body(&self)
        endObject()
    }

    package mutating func array(_ body: (inout JSONWriter) -> Void) {
        beginArray()
        body(&self)
        endArray()
    }

    /// A member's name and colon; its value must follow.
    package mutating func name(_ name: String) {
        string(name)
        bytes.append(JSONByte.colon)
        needsComma = false
    }

    package mutating func string(_ text: String) {
        separate()
        bytes.append(JSONByte.quote)
        JSONString.escape(text.utf8, into: &bytes)
        bytes.append(JSONByte.quote)
    }

    package mutating func int(_ value: some BinaryInteger) { raw(String(value)) }

    /// The shortest text that reads back the same; `null` for infinities and NaN, which JSON cannot say.
    package mutating func double(_ value: Double) { raw(value.isFinite ? "\(value)" : "null") }

    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }
    package mutating func null() { raw("null") }

    /// A value that is JSON already.
    package mutating func raw(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    /// A value that is JSON already.
    package mutating func raw(_ text: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .number(let text): raw(text)
        case .string(let text): string(text)
        case .array(let elements): array { for element in elements { $0.value(element) } }
        case .object(let members):
            object {
                for member in members {
                    $0.name(member.name)
                    $0.value(member.value)
                }
            }
        }
    }

    package mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    package mutating func member(_ name: String, _ value: some BinaryInteger) {
        self.name(name)
        int(value)
    }

    package mutating func member(_ name: String, _ value: Double) {
        self.name(name)
        double(value)
    }

    package mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }
}
