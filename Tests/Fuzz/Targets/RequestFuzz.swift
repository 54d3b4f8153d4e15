// SPDX-License-Identifier: Apache-2.0
import HTTPWire

/// The request parser: however the octets are cut, it says the same, and what it lets through is well-formed.
enum RequestFuzz {
    static let small = ParseLimits(maxHeader: 512, maxFields: 8, maxTarget: 64, maxChunkExtensions: 16)

    static func run(_ input: [UInt8]) throws {
        for limits in [small, ParseLimits()] {
            let whole = try RequestReading([input[...]], limits: limits)
            let single = try RequestReading(input.indices.map { input[$0...$0] }, limits: limits)
            try require(whole == single, "octet by octet the meaning is another")
            let cut = input.count * 2 / 3
            let halves = try RequestReading([input[..<cut], input[cut...]], limits: limits)
            try require(whole == halves, "in two pieces the meaning is another")
        }
    }
}

/// Everything the parser says about some pieces, in a form that can be compared.
struct RequestReading: Equatable {
    private(set) var heads: [RequestHead] = []
    /// The bodies of complete messages.
    private(set) var bodies: [[UInt8]] = []
    private(set) var unfinished: [UInt8] = []
    private(set) var error: ParseError?
    private(set) var isBetweenMessages = false
    /// Octets up to the end of the last complete message.
    private(set) var length = 0

    init(_ pieces: [ArraySlice<UInt8>], limits: ParseLimits) throws {
        var parser = RequestParser(limits: limits)
        var before = 0
        for piece in pieces {
            let bytes = Array(piece)
            try read(bytes, before: before, &parser)
            if error != nil { return }
            before += bytes.count
        }
        isBetweenMessages = parser.isBetweenMessages
    }

    private mutating func read(_ piece: [UInt8], before: Int, _ parser: inout RequestParser) throws {
        var position = 0
        while true {
            switch parser.parse(piece.span, at: &position) {
            case .needMore:
                try require(position == piece.count, "octets are left over")
                return
            case .head(let head):
                try Self.check(head, parser.limits)
                heads.append(head)
            case .body(let range):
                try require(!range.isEmpty && range.upperBound == position, "a piece of body is out of place")
                unfinished += piece[range]
            case .end:
                bodies.append(unfinished)
                unfinished = []
                length = before + position
            case .failed(let error):
                self.error = error
                return
            }
        }
    }

    private static func check(_ head: RequestHead, _ limits: ParseLimits) throws {
        try require(head.fields.count <= limits.maxFields, "more fields than allowed")
        try require(head.fields.allSatisfy(\.isWellFormed), "a field is not well-formed")
        try require(Field.isName(head.method), "the method is no token")
        let target = head.target
        try require(target.isAsterisk || target.path.hasPrefix("/"), "the path does not begin with a slash")
        try require(target.pathAndQuery.utf8.count <= limits.maxTarget + 1, "the target is longer than allowed")
        try require(
            target.pathAndQuery.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") },
            "the target holds what no target may")
        let codings = head.fields.all("transfer-encoding").count
        let lengths = head.fields.all("content-length").count
        try require(codings + lengths <= 1, "the framing is ambiguous")
        try require((head.framing == .chunked) == (codings == 1), "the framing is not what the fields say")
        try require(head.minorVersion == 0 || head.fields.all("host").count == 1, "not exactly one Host")
    }
}
