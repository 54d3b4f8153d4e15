// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport
import Testing

/// The runs shown in the READMEs are runs of this build; `scripts/update-samples` writes them anew.
@Suite("Check samples in the READMEs")
struct CheckSampleTests {
    struct Document: Sendable, CustomTestStringConvertible {
        var name: String
        var language: String
        var testDescription: String { name }
    }

    static let documents = [
        Document(name: "README.md", language: "en"), Document(name: "README.zh-CN.md", language: "zh"),
    ].filter { $0.name == "README.md" || FileManager.default.fileExists(atPath: root.appending(path: $0.name).path) }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("a good run", arguments: documents)
    func good(_ document: Document) async throws {
        try await onThread {
            let gateway = try GatewayProcess(tokenLifetime: "300s", pieceInterval: "100ms")
            defer { withExtendedLifetime(gateway) {} }
            try Self.compare("good", in: document, with: Self.run(gateway.relayEnvironment, document.language, exit: 0))
        }
    }

    @Test("a bad run: the company's own authority is not known", arguments: documents)
    func bad(_ document: Document) async throws {
        try await onThread {
            let gateway = try GatewayProcess(tokenLifetime: "300s")
            defer { withExtendedLifetime(gateway) {} }
            let authority = try TestAuthority()
            let server = try TLSServer(authority.issue("llm.corp.example", for: "IP:127.0.0.1"))
            defer { withExtendedLifetime(server) {} }
            var environment = gateway.relayEnvironment
            environment["RELAY_UPSTREAM_URL"] = "https://127.0.0.1:\(server.port)/v1"
            try Self.compare("bad", in: document, with: Self.run(environment, document.language, exit: 1))
        }
    }

    private static func run(_ environment: [String: String], _ language: String, exit: Int32) throws -> String {
        var printed = ""
        for _ in 0..<5 {
            let process = try CheckOutcome.start(environment, ["--lang", language])
            #expect(process.waitForExit() == .code(exit), "\(process.everythingPrinted)")
            printed = process.standardOutput
            // A server gets three seconds to say what time it is; a machine under load may take longer.
            if ["ok   clock", "ok   时钟"].contains(where: printed.contains) { break }
        }
        return printed
    }

    /// Compares the block between the markers with a run, or puts the run there if `RELAY_UPDATE_SAMPLES` is set.
    private static func compare(_ name: String, in document: Document, with printed: String) throws {
        let file = root.appending(path: document.name)
        let text = try String(contentsOf: file, encoding: .utf8)
        let block = "```text\n$ tokenrelay check\n\(printed)```\n"
        if ProcessInfo.processInfo.environment["RELAY_UPDATE_SAMPLES"] != nil {
            // Two tests write each file, maybe at once.
            return try sampleWriting.withLock { _ in
                var current = try String(contentsOf: file, encoding: .utf8)
                current.replaceSubrange(try place(of: name, in: current, document), with: block)
                try current.write(to: file, atomically: true, encoding: .utf8)
            }
        }
        let shown = String(text[try place(of: name, in: text, document)])
        #expect(normalised(shown) == normalised(block), "run scripts/update-samples")
    }

    /// What stands between the two markers.
    private static func place(of name: String, in text: String, _ document: Document) throws -> Range<String.Index> {
        let (begin, end) = ("<!-- check:\(name) -->\n", "<!-- /check:\(name) -->")
        let start = try #require(text.range(of: begin), "\(document.name) has no \(begin)").upperBound
        let stop = try #require(text.range(of: end, range: start..<text.endIndex), "\(document.name) has no \(end)")
        return start..<stop.lowerBound
    }

    /// Without what differs from run to run: times, ports, numbers of pieces and of servers that told the time soon
    /// enough, and the blanks that line them up.
    private static func normalised(_ text: String) -> String {
        text.replacing(/[0-9]+(\.[0-9]+)? (ms|s)\b/, with: "TIME")
            .replacing(/:[0-9]{4,5}\b/, with: ":PORT")
            .replacing(/(port|端口) [0-9]{4,5}\b/, with: "PORT")
            .replacing(/[0-9]+ (pieces|个数据块)/, with: "PIECES")
            .replacing(/相差不超过 [0-9]+ 秒/, with: "TIME")
            .replacing("of the servers", with: "of the server")
            .replacing(/[ ]+/, with: " ")
    }
}

private let sampleWriting = Monitor(true)
