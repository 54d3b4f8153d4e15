// SPDX-License-Identifier: Apache-2.0

/// Why a text is not JSON, and where; it never holds any of the text.
package struct JSONError: Error, Hashable, CustomStringConvertible {
    package enum Reason: String, Hashable, Sendable {
        case unexpectedEnd = "the text ends early"
        case unexpectedByte = "an unexpected byte"
        case controlCharacter = "a control character inside a string"
        case malformedEscape = "a malformed escape"
        case malformedNumber = "a malformed number"
        case malformedUTF8 = "bytes that are not UTF-8"
        case tooDeep = "too many nested arrays or objects"
        case trailingBytes = "bytes after the value"
    }

    package var reason: Reason
    /// Offset of the offending byte from the start of the text; 0 if it is not known.
    package var offset: Int

    package init(_ reason: Reason, at offset: Int) { (self.reason, self.offset) = (reason, offset) }

    package var description: String { "not JSON: \(reason.rawValue) at byte \(offset)" }
}
