// SPDX-License-Identifier: Apache-2.0

/// A value that never prints: tokens, keys, passwords.
///
/// Description, debug description and mirror all say `<redacted>`; the bytes leave only through `reveal`, which is easy
/// to search for. Swift cannot wipe memory reliably, so the process switches core dumps off instead.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    package init(_ value: String) { self.value = value }

    /// The plain value.
    ///
    /// Every caller is a place where a secret leaves: keep them few.
    package var reveal: String { value }

    package var isEmpty: Bool { value.isEmpty }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Compares without leaving at the first difference, so that time tells nothing but the length.
    package func matches(_ other: some Collection<UInt8>) -> Bool {
        let mine = value.utf8
        guard mine.count == other.count else { return false }
        var difference: UInt8 = 0
        for (a, b) in zip(mine, other) { difference |= a ^ b }
        return difference == 0
    }
}
