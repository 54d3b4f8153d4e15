// SPDX-License-Identifier: Apache-2.0
package import RelayBase

/// When the pieces of a stream came, and what that says about whoever is in between.
package struct StreamTimeline: Sendable {
    private let startedAt: Instant
    private var firstAt: Instant?
    private var lastAt: Instant?
    package private(set) var pieces = 0
    package private(set) var events = 0
    package private(set) var largestGap: Duration = .zero
    /// `data: [DONE]` or a chunk with a `finish_reason` came.
    package private(set) var isComplete = false
    /// An event with an `error` member came.
    package private(set) var hasError = false
    private var rest: [UInt8] = []

    /// Lines beyond this many bytes are no longer looked at.
    private static let longestLine = 1 << 20

    package init(startedAt: Instant) { self.startedAt = startedAt }

    package mutating func received(_ piece: some Collection<UInt8>, at now: Instant) {
        guard !piece.isEmpty else { return }
        pieces += 1
        if let lastAt { largestGap = max(largestGap, now - lastAt) }
        if firstAt == nil { firstAt = now }
        lastAt = now
        for byte in piece {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if !rest.isEmpty { read(line: rest) }
                rest.removeAll(keepingCapacity: true)
            } else if rest.count < Self.longestLine {
                rest.append(byte)
            }
        }
    }

    private mutating func read(line: [UInt8]) {
        let mark = Array("data:".utf8)
        guard line.starts(with: mark) else { return }
        events += 1
        let data = line.dropFirst(mark.count).drop { $0 == 0x20 }
        if data.elementsEqual("[DONE]".utf8) {
            isComplete = true
        } else if let json = try? JSONValue(parsing: data) {
            if let error = json["error"], error != .null { hasError = true }
            if json["choices"]?.arrayValue?.first?["finish_reason"]?.stringValue != nil { isComplete = true }
        }
    }

    package var firstPiece: Duration? { firstAt.map { $0 - startedAt } }
    /// From the first piece to the last.
    package var span: Duration { firstAt.flatMap { first in lastAt.map { $0 - first } } ?? .zero }
    package var total: Duration { lastAt.map { $0 - startedAt } ?? .zero }

    package enum Verdict: Hashable, Sendable {
        /// Pieces came as they were made.
        case flowing
        /// The whole answer came at once, after a wait: somebody collected it.
        case oneLump
        /// All at once, but so soon that nobody can tell.
        case tooQuick
        /// Too few events to tell.
        case tooShort
    }

    /// An answer that takes this long is not made in an instant.
    static let noticeable: Duration = .milliseconds(250)
    static let fewestEvents = 4

    package var verdict: Verdict {
        guard events >= Self.fewestEvents else { return .tooShort }
        // Somebody who collects hands everything over in a burst, however many reads that takes here.
        let burst = max(.milliseconds(20), total / 20)
        guard span <= burst else { return .flowing }
        return total >= Self.noticeable ? .oneLump : .tooQuick
    }
}
