// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore

/// The head of an upstream answer, line by line, up to the head a client gets: framed in one way, hop by hop, and
/// without a line that upstream did not send as one.
enum ResponseFuzz {
    static func run(_ input: [UInt8]) throws {
        let input = FuzzInput(input)
        var lines = input.rest.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) + [0x0A] }
        guard !lines.isEmpty, let line = StatusLine(lines.removeFirst(), synthetic: input.choice & 1 == 0) else {
            return
        }
        try require((100...999).contains(line.status) && (0...1).contains(line.minorVersion), "not a status line")
        let parsed = lines.map { ResponseFieldLine.parse($0) }
        let fields = FieldSection(parsed.compactMap { $0 })
        try require(fields.allSatisfy(\.isWellFormed), "a field is not well-formed")
        let isHead = input.choice & 2 != 0
        guard
            let framing = try? ResponseFraming(
                status: line.status, isHead: isHead, minorVersion: line.minorVersion, fields: fields)
        else { return }
        for minorVersion in 0...1 {
            let policy = ResponseHeadPolicy(
                status: line.status, fields: fields, framing: framing, isHead: isHead,
                clientMinorVersion: minorVersion, requestID: "id", insertsComments: input.choice & 4 != 0)
            try check(policy, upstream: fields)
            try checkEncoded(policy, line)
        }
    }

    private static func check(_ policy: ResponseHeadPolicy, upstream: FieldSection) throws {
        let named = ConnectionOptions(upstream)
        for field in policy.fields {
            let name = field.name.lowercased()
            let isOwn = ["x-request-id", "x-accel-buffering", "cache-control", "content-length"].contains(name)
            if name == "transfer-encoding" { continue }
            try require(!hopByHop.contains(name), "\(name) goes on to the client")
            try require(name != "set-cookie", "a cookie goes on to the client")
            try require(isOwn || !named.contains(name), "a field that Connection names goes on")
        }
        let codings = policy.fields.values(of: "transfer-encoding")
        let lengths = policy.fields.values(of: "content-length")
        try require(codings == (policy.framing == .chunked ? ["chunked"] : []), "Transfer-Encoding is not the framing")
        try require(lengths.count <= 1 && codings.count + lengths.count <= 1, "the framing is ambiguous")
        if case .length(let length) = policy.framing {
            try require(lengths.first == String(length), "Content-Length is not the framing")
        }
        if policy.framing == .untilClose { try require(lengths.isEmpty, "a length without a body of it") }
        try require(policy.fields.values(of: "x-request-id") == ["id"], "not the relay's request identifier")
    }

    /// What is written has as many lines as it has fields, each the one it was made from.
    private static func checkEncoded(_ policy: ResponseHeadPolicy, _ line: StatusLine) throws {
        var head: [UInt8] = []
        ResponseEncoder.appendHead(status: line.status, reason: line.reason, fields: policy.fields, to: &head)
        var lines = head.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) + [0x0A] }
        try require(lines.count == policy.fields.count + 3, "the head has another number of lines")
        try require(lines.suffix(2) == [[0x0D, 0x0A], [0x0A]], "the head ends elsewhere")
        let first = StatusLine(lines.removeFirst())
        try require(first?.status == line.status && first?.reason == line.reason, "the status line is another")
        let read = lines.dropLast(2).compactMap { ResponseFieldLine.parse($0) }
        try require(read == Array(policy.fields), "the fields are others")
    }

    static let hopByHop: Set<String> = [
        "te", "trailer", "upgrade", "connection", "keep-alive", "proxy-connection", "transfer-encoding",
    ]
}
