// SPDX-License-Identifier: Apache-2.0
import HTTPWire

/// Puts a response head together from the lines libcurl hands over, as strictly as requests are read.
///
/// Interim heads are dropped; what follows the final head (trailers) is ignored.
struct ResponseHeadReader {
    enum Outcome: Equatable {
        case more
        case head(UpstreamHead)
        /// The reason, free of upstream's own words.
        case refused(String)
    }

    /// Bytes of all heads of one call, interim ones included.
    static let maximumSize = 256 * 1_024

    private(set) var isComplete = false
    /// Whether anything has arrived, be it an interim head.
    var hasBegun: Bool { size > 0 }
    private var status: StatusLine?
    private var fields = FieldSection()
    /// Bytes read so far.
    private(set) var size = 0

    mutating func read(_ line: Span<UInt8>) -> Outcome {
        if isComplete { return .more }
        size += line.count
        if size > Self.maximumSize { return .refused("the response head is larger than \(Self.maximumSize) bytes") }
        guard let status else { return readStatus(line) }
        if Self.isBlank(line) { return finish(status) }
        guard let field = ResponseFieldLine.parse(line) else { return .refused("a response field line is malformed") }
        fields.append(field)
        return .more
    }

    private mutating func readStatus(_ line: Span<UInt8>) -> Outcome {
        guard let line = StatusLine(line, synthetic: true) else { return .refused("the status line is malformed") }
        status = line
        fields = FieldSection()
        return .more
    }

    private mutating func finish(_ line: StatusLine) -> Outcome {
        if line.status == 101 { return .refused("101 Switching Protocols was not asked for") }
        if line.status < 200 {
            status = nil
            return .more
        }
        isComplete = true
        return .head(
            UpstreamHead(status: line.status, reason: line.reason, minorVersion: line.minorVersion, fields: fields))
    }

    private static func isBlank(_ line: Span<UInt8>) -> Bool {
        for index in line.indices where line[index] != 0x0D && line[index] != 0x0A { return false }
        return true
    }
}

extension UpstreamHead: Equatable {
    package static func == (a: UpstreamHead, b: UpstreamHead) -> Bool {
        a.status == b.status && a.reason == b.reason && a.minorVersion == b.minorVersion && a.fields == b.fields
    }
}
