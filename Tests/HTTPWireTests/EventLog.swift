// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayTestSupport

/// Feeds pieces to a parser as a server does and writes down what it says, in the notation of the corpus.
struct EventLog {
    private(set) var text = ""
    /// Broken promises of the parser itself: positions out of bounds, empty bodies, octets left over.
    private(set) var violations: [String] = []
    private var parser: RequestParser
    private var openBody: [UInt8] = []
    private var hasFailed = false
    /// After a head or a body the end may be there without a further octet.
    private var mayEndNow = false

    init(limits: ParseLimits) { parser = RequestParser(limits: limits) }

    static func run(_ pieces: [ArraySlice<UInt8>], limits: ParseLimits) -> EventLog {
        var log = EventLog(limits: limits)
        for piece in pieces { log.feed(Array(piece)) }
        log.finish()
        return log
    }

    mutating func feed(_ piece: [UInt8]) {
        var position = 0
        while position < piece.count || mayEndNow {
            let start = position
            let event = parser.parse(piece.span, at: &position)
            if position < start || position > piece.count { violations.append("position \(start) to \(position)") }
            switch event {
            case .needMore:
                if position != piece.count { violations.append("needMore leaves octets") }
                mayEndNow = false
                return
            case .head(let head):
                write(head)
                mayEndNow = true
            case .body(let range):
                if range.isEmpty || range.lowerBound < start || range.upperBound != position {
                    violations.append("body \(range) of \(start)..<\(position)")
                }
                openBody += piece[range]
                mayEndNow = true
            case .end:
                closeBody()
                text += "end\n"
                mayEndNow = false
                if !parser.isBetweenMessages { violations.append("not between messages after the end") }
            case .failed(let error):
                if hasFailed {
                    if position != start { violations.append("octets consumed after a failure") }
                    return
                }
                closeBody()
                hasFailed = true
                text += "fail \(error.status) \(error)\n"
            }
        }
    }

    private mutating func finish() {
        closeBody()
        if !hasFailed, !parser.isBetweenMessages { text += "more\n" }
    }

    private mutating func closeBody() {
        if !openBody.isEmpty { text += "body \(Escapes.encode(openBody))\n" }
        openBody = []
    }

    private mutating func write(_ head: RequestHead) {
        let target = Escapes.encode(head.target.pathAndQuery.utf8)
        let persistence = head.keepAlive ? "keep" : "close"
        text += "head \(head.method) \(target) HTTP/1.\(head.minorVersion) \(persistence) "
        switch head.framing {
        case .none: text += "none"
        case .length(let length): text += "length \(length)"
        case .chunked: text += "chunked"
        }
        if head.expectsContinue { text += " continue" }
        if let authority = head.target.authority { text += " authority \(authority)" }
        text += "\n"
        for field in head.fields { text += "  \(field.name): \(Escapes.encode(field.valueBytes))\n" }
    }
}
