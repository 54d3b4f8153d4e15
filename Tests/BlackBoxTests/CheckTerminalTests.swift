// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport
import Testing

/// How the check looks on a terminal, and how plain it is elsewhere.
@Suite("Check on a terminal")
struct CheckTerminalTests {
    /// Starts it on a pseudo terminal, whose output is the process's.
    private func start(_ gateway: CheckGateway, _ changes: [String: String]) throws -> TestProcess {
        let script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
        return try TestProcess(
            executable: "/usr/bin/env",
            arguments: ["python3", "-c", script, BuiltProduct.path(of: "tokenrelay"), "check", "--timeout", "120s"],
            environment: gateway.environment.merging(["TERM": "xterm", "LANG": "C"].merging(changes) { $1 }) { $1 })
    }

    /// A gateway whose plain chat takes until `wait` returns.
    private func slowGateway(_ wait: @escaping @Sendable (ScriptedConnection) throws -> Void) throws -> CheckGateway {
        try CheckGateway([
            "chat/completions": { _, connection in
                try wait(connection)
                try connection.respond(json: #"{"choices":[{"message":{"content":"ok"}}]}"#)
            }
        ])
    }

    @Test("colours, and what is being waited for, which is wiped away again")
    func coloured() async throws {
        try await onThread {
            let isTold = Gate()
            let gateway = try slowGateway { _ in try isTold.wait() }
            let process = try start(gateway, [:])
            #expect(process.waitForText("\r\u{1B}[K   … chat: waiting "), "\(process.everythingPrinted)")
            isTold.open()
            #expect(process.waitForExit() != nil)
            withExtendedLifetime(gateway) {}
            let shown = process.everythingPrinted
            #expect(shown.contains("\u{1B}[32m ✓  \u{1B}[0m chat"), "\(shown)")
            let progress = try #require(shown.matches(of: /… chat: waiting [0-9]+ s/).last, "\(shown)")
            #expect(shown[progress.range.upperBound...].hasPrefix("\r\u{1B}[K"), "\(shown)")
        }
    }

    @Test("NO_COLOR and a dumb terminal get plain lines", arguments: [["NO_COLOR": "1"], ["TERM": "dumb"]])
    func plain(_ environment: [String: String]) async throws {
        try await onThread {
            let gateway = try CheckGateway()
            let process = try start(gateway, environment)
            #expect(process.waitForExit() != nil)
            withExtendedLifetime(gateway) {}
            let shown = process.everythingPrinted
            #expect(shown.contains("ok   chat"), "\(shown)")
            #expect(!shown.contains("\u{1B}[3"))
        }
    }

    @Test("off a terminal: no escape sequence, no progress, Chinese by LANG")
    func log() async throws {
        try await onThread {
            // Long enough that a terminal would be told.
            let gateway = try slowGateway { CheckGateway.pause(.milliseconds(2_300), $0) }
            defer { withExtendedLifetime(gateway) {} }
            let process = try CheckOutcome.start(gateway.environment.merging(["LANG": "zh_CN.UTF-8"]) { $1 }, [])
            #expect(process.waitForExit() == .code(0))
            #expect(!process.everythingPrinted.contains("\u{1B}"))
            #expect(process.standardError.isEmpty)
            #expect(process.standardOutput.contains("ok   令牌"))
        }
    }
}
