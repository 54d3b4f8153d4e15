// SPDX-License-Identifier: Apache-2.0

/// Makes text from the wire fit for an error message.
package enum SafeText {
    /// At most `limit` characters, only printable ASCII; every other byte, quotes and backslashes become `?`.
    package static func printable(_ text: String, limit: Int = 200) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if bytes.count == limit {
                bytes.append(contentsOf: "...".utf8)
                break
            }
            let isPlain = (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            bytes.append(isPlain ? byte : UInt8(ascii: "?"))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
