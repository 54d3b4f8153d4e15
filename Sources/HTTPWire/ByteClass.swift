// SPDX-License-Identifier: Apache-2.0

// HTTPWire: the bytes and the grammar of HTTP/1.1, without I/O and without Foundation.
//   Field, FieldSection             fields as they are on the wire: ordered, duplicates kept, octets kept
//   RequestParser                   bytes in, events out; incremental, bounded, sticky on error
//   RequestHead, RequestTarget      a checked head; RequestHead+Rules and Authority hold what is checked
//   ResponseEncoder                 status line, fields and chunks into one contiguous buffer
//   StatusLine, ResponseFraming     the same strictness for what comes back from upstream

/// A set of ASCII characters as two 64-bit maps: no table in memory, no lazy global on the hot path.
struct ByteClass: Sendable {
    /// Members 0x00 to 0x3F, lowest bit first.
    let low: UInt64
    /// Members 0x40 to 0x7F, lowest bit first.
    let high: UInt64

    func contains(_ byte: UInt8) -> Bool {
        let map = byte & 0x40 == 0 ? low : high
        return byte < 0x80 && map &>> UInt64(byte & 0x3F) & 1 != 0
    }

    /// Letters, digits and ``!#$%&'*+-.^_`|~`` (RFC 9110 §5.6.2).
    static let token = ByteClass(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)

    /// Letters, digits, `-._~` and the sub-delimiters `!$&'()*+,;=`; `%` is checked apart (RFC 3986 §3.2.2).
    static let registeredName = ByteClass(low: 0x2BFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)

    /// Visible ASCII but `#`.
    static let target = ByteClass(low: 0xFFFF_FFF6_0000_0000, high: 0x7FFF_FFFF_FFFF_FFFF)
}
