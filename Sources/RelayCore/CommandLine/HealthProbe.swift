// SPDX-License-Identifier: Apache-2.0

/// `tokenrelay health` without its socket: whom to ask, what to send, what the answer means.
package enum HealthProbe {
    /// Limit of the whole probe.
    package static let timeout: Duration = .seconds(3)
    /// More of an answer is never looked at.
    package static let maximumAnswer = 16 * 1_024

    package enum Verdict: Hashable, Sendable {
        case ready
        case notReady(String)
    }

    /// The address to connect to; nil if the kernel chooses the port, so that nobody outside can know it.
    ///
    /// Both listeners answer health; the main one is asked, since that is the one clients use.
    package static func target(listen: ListenAddress, admin: ListenAddress?) -> ListenAddress? {
        for address in [listen, admin] {
            switch address {
            case nil, .tcp(_, port: 0): continue
            case .unix(let path): return .unix(path: path)
            case .tcp(let host, let port): return .tcp(host: reachable(host), port: port)
            }
        }
        return nil
    }

    /// The wildcard addresses cannot be connected to everywhere.
    private static func reachable(_ host: String) -> String {
        guard let address = IPLiteral(host), address.isUnspecified else { return host }
        return address.isV6 ? "::1" : "127.0.0.1"
    }

    package static var request: [UInt8] {
        Array(
            "GET /readyz HTTP/1.1\r\nHost: localhost\r\nUser-Agent: tokenrelay-health/\(Version.number)\r\nConnection: close\r\n\r\n"
                .utf8)
    }

    /// Whether waiting for more is pointless: ready, or the announced length is there.
    package static func isComplete(_ answer: [UInt8]) -> Bool {
        if verdict(on: answer) == .ready { return true }
        let text = String(decoding: answer, as: UTF8.self).utf8
        guard let end = text.firstRange(of: "\r\n\r\n".utf8) else { return false }
        for line in text[..<end.lowerBound].split(separator: UInt8(ascii: "\n")) {
            let field = Substring(line).split(separator: ":", maxSplits: 1)
            guard field.count == 2, field[0].lowercased() == "content-length" else { continue }
            let length = try? ConfigurationValue.integer(ConfigurationValue.trimmed(field[1]))
            return text[end.upperBound...].count >= length ?? .max
        }
        return false
    }

    /// Judges what was received until it was complete, the other side closed, or time was up.
    package static func verdict(on answer: [UInt8]) -> Verdict {
        let line = answer.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        if line.isEmpty { return .notReady("connected, but no answer came") }
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard line.count < answer.count, words.count >= 2, words[0].starts(with: Array("HTTP/1.".utf8)),
            words[1].count == 3, let status = try? ConfigurationValue.integer(String(decoding: words[1], as: UTF8.self))
        else { return .notReady("the answer is not HTTP; does something else listen there?") }
        if status == 200 { return .ready }
        return .notReady("status \(status)" + (reason(in: answer).map { ": \($0)" } ?? ""))
    }

    /// The `reason` member of the body, if it has come whole.
    private static func reason(in answer: [UInt8]) -> String? {
        let text = String(decoding: answer, as: UTF8.self)
        guard let end = text.utf8.firstRange(of: "\r\n\r\n".utf8)?.upperBound else { return nil }
        let body = text[end...]
        guard let open = body.firstIndex(of: "{"), let close = body.lastIndex(of: "}"), open < close,
            let json = try? JSONValue(parsing: [UInt8](body[open...close].utf8))
        else { return nil }
        return json["reason"]?.stringValue.map { SafeText.printable($0) }
    }
}
