// SPDX-License-Identifier: Apache-2.0

/// Reads `usage` from an answer as it passes; it neither changes nor holds back a byte, and asks for nothing.
///
/// Memory is bounded whatever passes. A name spelled with escapes (`"us\u0061ge"`) is not recognised.
package struct UsageObserver: Sendable {
    private enum Kind {
        case document
        case eventStream(UsageEventReader)
    }

    private var kind: Kind
    private var scanner: UsageScanner

    /// The last usage the answer has given so far.
    package var counts: UsageCounts? { scanner.counts }
    /// The model that answered, if it names one near its beginning.
    package var model: String? { scanner.model }

    /// For an answer that is one JSON document.
    package static var document: UsageObserver { UsageObserver(.document, UsageScanner(readsMeta: true)) }
    /// For an answer that is a stream of events.
    package static var eventStream: UsageObserver {
        UsageObserver(.eventStream(UsageEventReader()), UsageScanner(readsMeta: false))
    }

    private init(_ kind: Kind, _ scanner: UsageScanner) { (self.kind, self.scanner) = (kind, scanner) }

    /// Nil if there is nothing to read in such an answer: neither JSON nor an event stream, or compressed.
    package init?(_ type: MediaType, contentEncoding: String?) {
        if let contentEncoding, !["", "identity"].contains(contentEncoding.lowercased()) { return nil }
        switch type {
        case .eventStream: self = .eventStream
        case .json: self = .document
        case .other: return nil
        }
    }

    /// Takes the next bytes of the body, split anywhere.
    package mutating func observe(_ piece: Span<UInt8>) {
        switch kind {
        case .document: scanner.scan(piece, 0..<piece.count)
        case .eventStream(var reader):
            reader.read(piece, into: &scanner)
            kind = .eventStream(reader)
        }
    }
}
