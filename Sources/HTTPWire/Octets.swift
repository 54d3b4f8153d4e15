// SPDX-License-Identifier: Apache-2.0

// Small questions about octets, shared by every reader and writer of this target.

/// Whether `byte` may stand in a field value: HTAB, SP, visible ASCII or 0x80 to 0xFF (RFC 9110 §5.5).
func isValueByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

/// Whether `byte` is optional white space; 0x85 and 0xA0 are data.
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

/// The lower-case form of an ASCII letter; any other octet itself.
func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

/// The value of a hexadecimal digit.
func hexValue(_ byte: UInt8) -> UInt8? {
    if isDigit(byte) { return byte &- 0x30 }
    let letter = lowercased(byte) &- 0x61
    return letter < 6 ? letter + 10 : nil
}

/// Whether `byte` may stand in a token (RFC 9110 §5.6.2).
func isTokenByte(_ byte: UInt8) -> Bool { ByteClass.token.contains(byte) }

func isToken(_ bytes: some Collection<UInt8>) -> Bool { !bytes.isEmpty && bytes.allSatisfy(isTokenByte) }

/// Whether two texts are equal without regard to the case of ASCII letters.
package func equalIgnoringCase(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    for index in a.indices where lowercased(a[index]) != lowercased(b[index]) { return false }
    return true
}

func equalIgnoringCase(_ a: ArraySlice<UInt8>, _ b: String) -> Bool { equalIgnoringCase(a.span, b.utf8Span.span) }

/// Whether two texts hold the same octets; `==` also takes two spellings of one character for the same.
package func sameOctets(_ a: String, _ b: String) -> Bool {
    guard a.utf8.count == b.utf8.count else { return false }
    let (a, b) = (a.utf8Span.span, b.utf8Span.span)
    for index in a.indices where a[index] != b[index] { return false }
    return true
}

/// Octets as text: UTF-8 if they are that, else Latin-1.
func wireText(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var text = ""
    for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
    return text
}

/// A decimal number of one or more digits that fits; no sign, no space (RFC 9110 §8.6).
func decimal(_ bytes: some Collection<UInt8>) -> UInt64? {
    if bytes.isEmpty { return nil }
    var number: UInt64 = 0
    for byte in bytes {
        guard isDigit(byte) else { return nil }
        let (scaled, overflow) = number.multipliedReportingOverflow(by: 10)
        let (sum, carried) = scaled.addingReportingOverflow(UInt64(byte &- 0x30))
        if overflow || carried { return nil }
        number = sum
    }
    return number
}

let carriageReturn = UInt8(ascii: "\r")
let lineFeed = UInt8(ascii: "\n")

/// A copy of the octets.
func octets(_ span: Span<UInt8>) -> [UInt8] {
    var copy: [UInt8] = []
    copy.append(copying: span)
    return copy
}

/// Octets that are known to be ASCII, as text.
func asciiText(_ span: Span<UInt8>) -> String {
    do {
        return String(copying: try UTF8Span(validating: span))
    } catch {
        return wireText(octets(span))
    }
}

extension [UInt8] {
    /// Appends the octets; the capacity grows geometrically.
    package mutating func append(copying span: Span<UInt8>) {
        // With nothing to add, the standard library writes into the storage that all empty arrays share.
        guard span.count > 0 else { return }
        append(addingCapacity: span.count) { output in
            for index in span.indices { output.append(span[index]) }
        }
    }
}
