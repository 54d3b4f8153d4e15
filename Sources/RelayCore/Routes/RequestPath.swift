// SPDX-License-Identifier: Apache-2.0

/// Why a path or query is refused with 400.
enum PathProblem: Error, Hashable {
    /// Does not start with `/`.
    case noLeadingSlash
    /// White space, a control character or `#`.
    case illegalCharacter
    /// `%` without two hexadecimal digits.
    case malformedPercent
    /// `%00` to `%1F` and `%7F`: no identifier holds them, and logs and file systems behind the gateway stumble on them.
    case encodedControl
    /// `.` or `..`, plain, percent-encoded once, behind an encoded slash or a backslash, or followed by `;`.
    case dotSegment

    /// For `RelayFailure.badRequest`, hence without quotes.
    var text: String {
        switch self {
        case .noLeadingSlash: "the request target does not start with /"
        case .illegalCharacter: "the request target holds white space, a control character or #"
        case .malformedPercent: "the path holds % without two hexadecimal digits"
        case .encodedControl: "the path holds a percent-encoded control character"
        case .dotSegment: "the path holds a dot segment, plain or percent-encoded"
        }
    }
}

/// A request path that passed the checks, cut at its slashes; empty segments are gone, nothing is decoded.
///
/// Decoding happens once and only to look: `%252e` is a literal `%2e` to whoever decodes it upstream and passes.
struct RequestPath {
    private let bytes: [UInt8]
    /// Ranges of `bytes`, none empty: `//` and a trailing slash leave nothing behind.
    let segments: [Range<Int>]

    init(_ path: String) throws(PathProblem) {
        bytes = Array(path.utf8)
        guard bytes.first == UInt8(ascii: "/") else { throw .noLeadingSlash }
        var segments: [Range<Int>] = []
        segments.reserveCapacity(4)
        var start = 1
        var isPlain = true
        for index in 1...bytes.count {
            if index < bytes.count, bytes[index] != UInt8(ascii: "/") {
                switch bytes[index] {
                case 0...0x20, 0x7F, UInt8(ascii: "#"): throw .illegalCharacter
                case UInt8(ascii: "%"), UInt8(ascii: "\\"), UInt8(ascii: ";"): isPlain = false
                default: break
                }
                continue
            }
            if start < index {
                let segment = start..<index
                try isPlain ? Self.checkPlain(bytes[segment]) : Self.check(bytes[segment])
                segments.append(segment)
            }
            start = index + 1
            isPlain = true
        }
        self.segments = segments
    }

    func segment(_ index: Int) -> ArraySlice<UInt8> { bytes[segments[index]] }

    /// The segments from `index` on, joined by single slashes, otherwise byte for byte as the client spelled them.
    func text(from index: Int) -> String {
        guard index < segments.count else { return "" }
        let start = segments[index].lowerBound
        let end = segments[segments.count - 1].upperBound
        var length = segments.count - 1 - index
        for segment in segments[index...] { length += segment.count }
        if length == end - start { return String(decoding: bytes[start..<end], as: UTF8.self) }
        let joined = segments[index...].map { bytes[$0] }.joined(separator: [UInt8(ascii: "/")])
        return String(decoding: Array(joined), as: UTF8.self)
    }

    /// Whether the segments from `index` on begin with all of `prefix`.
    func matches(_ prefix: [[UInt8]], at index: Int = 0) -> Bool {
        guard segments.count - index >= prefix.count else { return false }
        for (offset, expected) in prefix.enumerated() where segment(index + offset) != expected[...] { return false }
        return true
    }

    /// Checks what follows the `?`: it passes byte for byte, but nothing in it may end the URL.
    static func check(query: String) throws(PathProblem) {
        for byte in query.utf8 where byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "#") {
            throw .illegalCharacter
        }
    }

    /// Whether `bytes`, split at slashes and backslashes, hold a dot segment.
    ///
    /// Parameters after `;` do not hide one, since servlet containers cut them off before they resolve.
    static func holdsDotSegment(_ bytes: [UInt8]) -> Bool {
        bytes.split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }).contains { part in
            isDots(part.prefix { $0 != UInt8(ascii: ";") })
        }
    }

    private static func isDots(_ segment: ArraySlice<UInt8>) -> Bool {
        segment.count == 1 && segment.first == UInt8(ascii: ".")
            || segment.count == 2 && segment.first == UInt8(ascii: ".") && segment.last == UInt8(ascii: ".")
    }

    private static func checkPlain(_ segment: ArraySlice<UInt8>) throws(PathProblem) {
        if isDots(segment) { throw .dotSegment }
    }

    private static func check(_ segment: ArraySlice<UInt8>) throws(PathProblem) {
        guard let decoded = PercentEncoding.decode(segment) else { throw .malformedPercent }
        if decoded.contains(where: { $0 < 0x20 || $0 == 0x7F }) { throw .encodedControl }
        if holdsDotSegment(decoded) { throw .dotSegment }
    }
}

/// Cuts a configured path into segments, without empty ones.
func pathSegments(_ path: String) -> [[UInt8]] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
}
