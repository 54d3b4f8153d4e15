// SPDX-License-Identifier: Apache-2.0

/// Blanks at the ends of texts from files, commands and fields.
package enum TextTrimming {
    /// Without blanks, tabs and line ends at both ends.
    package static func trimmed(_ text: String) -> String {
        let bytes = text.utf8
        let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }),
            let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(text[first...last])
    }

    /// Without the UTF-8 byte order mark that some editors put first.
    package static func withoutByteOrderMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    }

    /// Without one line end at the end, as `$(cat FILE)` or an editor leaves it: LF or CR LF.
    package static func withoutTrailingNewline(_ text: String) -> String {
        var bytes = text.utf8[...]
        if bytes.last == 0x0A {
            bytes = bytes.dropLast()
            if bytes.last == 0x0D { bytes = bytes.dropLast() }
        }
        return String(bytes) ?? text
    }
}
