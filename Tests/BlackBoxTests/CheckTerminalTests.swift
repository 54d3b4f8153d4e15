// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport
import Testing

/// How the check looks on a terminal, and how plain it is elsewhere.
@Suite("Check on a terminal")
struct CheckTerminalTests {
    /// Runs it on a pseudo terminal; everything shown comes back as one text.
    private func show(_ gateway: CheckGateway, _ changes: [String: String]) throws -> String {
        let script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
        let process = try TestProcess(
            executable: "/usr/bin/env",
            arguments: ["python3", "-c", script, BuiltProduct.path(of: "tokenrelay"), "check", "--timeout", "20s"],
            environment: gateway.environment.merging(["TERM": "xterm", "LANG": "C"].merging(changes) { $1 }) { $1 })
        defer { withExtendedLifetime(gateway) {} }
        #expect(process.waitForExit(timeout: .seconds(60)) != nil)
        return process.everythingPrinted
    }

    private func slowGateway() throws -> CheckGateway {
        try CheckGateway([
            "chat/completions": { _, connection in
                // Long enough to be told that it is being waited for.
                _ = connection.waitForPeerClose(timeout: .milliseconds(2_300))
                try connection.respond(json: #"{"choices":[{"message":{"content":"ok"}}]}"#)
            }
        ])
    }

    @Test("colours, and what is being waited for, which is wiped away again")
    func coloured() async throws {
        try await onThread {
            let shown = try show(slowGateway(), [:])
            #expect(shown.contains("\u{1B}[32m ✓  \u{1B}[0m chat"), "\(shown)")
            #expect(shown.contains("\r\u{1B}[K   … chat: waiting 1 s"), "\(shown)")
            let lastProgress = shown.range(of: "… chat: waiting 2 s") ?? shown.range(of: "… chat: waiting 1 s")
            let after = lastProgress.map { shown[$0.upperBound...] } ?? ""
            #expect(after.hasPrefix("\r\u{1B}[K"), "\(shown)")
        }
    }

    @Test("NO_COLOR and a dumb terminal get plain lines", arguments: [["NO_COLOR": "1"], ["TERM": "dumb"]])
    func plain(_ environment: [String: String]) async throws {
        try await onThread {
            let shown = try show(CheckGateway(), environment)
            #expect(shown.contains("ok   chat"), "\(shown)")
            #expect(!shown.contains("\u{1B}[3"))
        }
    }

    @Test("off a terminal: no escape sequence, no progress, Chinese by LANG")
    func log() async throws {
        try await onThread {
            let gateway = try slowGateway()
            defer { withExtendedLifetime(gateway) {} }
            let process = try CheckOutcome.start(gateway.environment.merging(["LANG": "zh_CN.UTF-8"]) { $1 }, [])
            #expect(process.waitForExit(timeout: .seconds(60)) == .code(0))
            #expect(!process.everythingPrinted.contains("\u{1B}"))
            #expect(process.standardError.isEmpty)
            #expect(process.standardOutput.contains("ok   令牌"))
        }
    }
}
