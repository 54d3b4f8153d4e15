// SPDX-License-Identifier: Apache-2.0

/// The non-empty elements of a comma-separated field value, white space around them cut off (RFC 9110 §5.6.1).
///
/// Commas inside quoted strings are not special: the lists read here are lists of tokens.
struct ListElements: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(_ value: [UInt8]) { rest = value[...] }

    mutating func next() -> ArraySlice<UInt8>? {
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
            let element = trimmed(rest[..<end])
            rest = rest[end...].dropFirst()
            if !element.isEmpty { return element }
        }
        return nil
    }
}

/// What is left between the optional white space at both ends.
func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let first = bytes.firstIndex(where: { !isBlank($0) }) else { return bytes.prefix(0) }
    let last = bytes.lastIndex { !isBlank($0) } ?? first
    return bytes[first...last]
}
