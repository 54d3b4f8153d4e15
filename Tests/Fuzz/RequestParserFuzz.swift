// SPDX-License-Identifier: Apache-2.0

// The entry of a libFuzzer build of the request parser; not part of the package. Build and run it with
//   swiftc -O -parse-as-library -sanitize=fuzzer,address -package-name tokenrelay -module-name RequestParserFuzz \
//     -o request-parser-fuzz Sources/HTTPWire/*.swift Tests/Fuzz/RequestParserFuzz.swift
//   ./request-parser-fuzz -max_total_time=60

/// Parses the input whole and octet by octet with small limits; traps if the two readings differ.
@c(LLVMFuzzerTestOneInput)
public func fuzzRequestParser(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    let whole = reading([input])
    precondition(whole == reading(input.map { [$0] }), "the cuts change the meaning")
    return 0
}

/// The events with joined bodies, in a form that can be compared.
private func reading(_ pieces: [[UInt8]]) -> [String] {
    let limits = ParseLimits(maxHeader: 512, maxFields: 8, maxTarget: 64, maxChunkExtensions: 16)
    var parser = RequestParser(limits: limits)
    var log: [String] = []
    var body: [UInt8] = []
    for piece in pieces {
        var position = 0
        var isWaiting = false
        while !isWaiting {
            switch parser.parse(piece.span, at: &position) {
            case .needMore:
                precondition(position == piece.count, "octets left over")
                isWaiting = true
            case .head(let head):
                log.append("\(head)")
                log += head.fields.map { "\($0.valueBytes)" }
            case .body(let range):
                precondition(!range.isEmpty && range.upperBound == position, "a body out of place")
                body += piece[range]
            case .end:
                log.append("end \(body)")
                body = []
            case .failed(let error): return log + ["\(error) \(body)"]
            }
        }
    }
    return log + ["\(body) \(parser.isBetweenMessages)"]
}
