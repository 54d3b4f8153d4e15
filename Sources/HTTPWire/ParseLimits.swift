// SPDX-License-Identifier: Apache-2.0

/// How much of a request the parser takes before it refuses it, in bytes unless said otherwise.
package struct ParseLimits: Equatable, Sendable {
    /// The whole head, request line and line ends included; a trailer section of its own is held to the same limit.
    package var maxHeader: Int
    /// Field lines in a head, and in a trailer section.
    package var maxFields: Int
    /// The request target; the method is held to it as well.
    package var maxTarget: Int
    /// Chunk extensions of one body, all chunks together.
    package var maxChunkExtensions: Int

    package init(
        maxHeader: Int = 64 << 10, maxFields: Int = 128, maxTarget: Int = 16 << 10, maxChunkExtensions: Int = 16 << 10
    ) {
        self.maxHeader = maxHeader
        self.maxFields = maxFields
        self.maxTarget = maxTarget
        self.maxChunkExtensions = maxChunkExtensions
    }
}
