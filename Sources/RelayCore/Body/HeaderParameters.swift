// SPDX-License-Identifier: Apache-2.0

/// A field value of the form `value; name=token; name="quoted"` (RFC 9110 §5.6.6, RFC 2183 §2).
struct HeaderParameters {
    /// Parameters that are read; more than any client sends.
    private static let maximumCount = 32

    /// The part before the first semicolon, in lower case.
    private(set) var value: [UInt8] = []
    private var parameters: [(name: [UInt8], value: [UInt8])] = []

    /// Never fails: what does not fit the form is skipped.
    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        value = Self.trimmed(rest.prefix { $0 != UInt8(ascii: ";") }).map(Self.lowercased)
        rest = rest.drop { $0 != UInt8(ascii: ";") }
        while rest.first == UInt8(ascii: ";"), parameters.count < Self.maximumCount {
            rest.removeFirst()
            let end = rest.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ";") } ?? rest.endIndex
            let name = Self.trimmed(rest[..<end]).map(Self.lowercased)
            rest = rest[end...]
            guard rest.first == UInt8(ascii: "=") else { continue }
            parameters.append((name, Self.takeValue(&rest)))
        }
    }

    /// The first parameter of that (lower-case) name.
    subscript(name: StaticString) -> [UInt8]? {
        let wanted = Array(name.description.utf8)
        return parameters.first { $0.name == wanted }?.value
    }

    /// Takes `=value`, and whatever stands between it and the next semicolon.
    private static func takeValue(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        rest.removeFirst()
        rest = rest.drop(while: isBlank)
        guard rest.first == UInt8(ascii: "\"") else {
            let token = trimmed(rest.prefix { $0 != UInt8(ascii: ";") })
            rest = rest.drop { $0 != UInt8(ascii: ";") }
            return Array(token)
        }
        rest.removeFirst()
        var text: [UInt8] = []
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                text.append(escaped)
            } else {
                text.append(byte)
            }
        }
        rest = rest.drop { $0 != UInt8(ascii: ";") }
        return text
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop(while: isBlank)
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return bytes
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    static func lowercased(_ byte: UInt8) -> UInt8 { 0x41...0x5A ~= byte ? byte | 0x20 : byte }
}
