// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import RelayTestSupport
import Testing

/// `tokenrelay token --watch` and relays that read its file: three processes and an issuer with one live token.
@Suite("Token broker", .serialized)
struct TokenBrokerTests {
    @Test("two relays follow the token that one broker renews, and the issuer is asked by the broker alone")
    func follow() async throws {
        try await onThread {
            let setup = try BrokerSetup()
            let areReady = Gate()
            setup.issuer.script(.renewedSoon, .held(areReady, lifetime: 300))
            let broker = try setup.startBroker()
            let first = try setup.waitForFile { !$0.token.isEmpty }
            #expect(first.mode == 0o640)
            let relays = try [setup.startRelay(), setup.startRelay()]
            for relay in relays { #expect(relay.waitUntilReady()) }
            areReady.open()

            // The issuer ends the first token as soon as it gives the second; what the broker writes is the way back.
            let second = try setup.waitForFile { $0.token != first.token }
            #expect(second.mode == 0o640)
            #expect(second.inode != first.inode, "the file was written over, not replaced")
            for relay in relays {
                #expect(setup.answersWith(second.token, relay), "a relay did not take the new token")
                #expect(!relay.everythingPrinted.contains(first.token))
                #expect(!relay.everythingPrinted.contains(second.token))
            }
            #expect(setup.issuer.callCount == 2)
            #expect(broker.isRunning)
            setup.expectNoSecrets(broker)
        }
    }

    @Test("SIGHUP has the broker fetch another token at once, though the one at hand is fresh")
    func reload() async throws {
        try await onThread {
            let setup = try BrokerSetup()
            let broker = try setup.startBroker()
            let first = try setup.waitForFile { !$0.token.isEmpty }
            broker.send(SIGHUP)
            let second = try setup.waitForFile { $0.token != first.token }
            #expect(setup.issuer.issued == [first.token, second.token])
            setup.expectNoSecrets(broker)
        }
    }

    @Test("without the broker the relays go on to the token's end, refuse, and recover when it is back")
    func brokerKilled() async throws {
        try await onThread {
            let setup = try BrokerSetup(lifetime: 30)
            let broker = try setup.startBroker()
            _ = try setup.waitForFile { !$0.token.isEmpty }
            let relays = try [setup.startRelay(), setup.startRelay()]
            for relay in relays { #expect(relay.waitUntilReady()) }
            broker.send(SIGKILL)
            #expect(broker.waitForExit() == .signal(SIGKILL))
            let file = try setup.readFile()
            // A token is given up some seconds before its end; a slow machine may come later than that.
            func isOver() -> Bool { Date().timeIntervalSince1970 >= file.expiresAt - 3 }
            // One that starts now finds the same file.
            let late = try setup.startRelay()
            #expect(eventually { late.waitUntilReady(timeout: .milliseconds(1)) || isOver() })
            for relay in relays + [late] {
                let status = try setup.chat(relay).status
                #expect(status == 200 || isOver())
            }
            for relay in relays + [late] {
                var answer = try setup.chat(relay)
                _ = try eventually {
                    if answer.status == 200 { answer = try setup.chat(relay) }
                    return answer.status != 200
                }
                #expect(answer.status == 503)
                #expect(answer.errorCode == "token_unavailable")
                #expect(isOver(), "the token was given up too early")
                #expect(try relay.connect().exchange("GET", "/readyz").status == 503)
            }

            setup.issuer.setLifetime(300)
            let successor = try setup.startBroker()
            let renewed = try setup.waitForFile { $0.token != file.token }
            for relay in relays + [late] {
                #expect(relay.waitUntilReady())
                #expect(setup.answersWith(renewed.token, relay))
            }
            #expect(successor.isRunning)
            #expect(setup.tooOld.value == 0, "an expired token went upstream")
        }
    }

    @Test("a broker whose issuer is down leaves the file as it is and renews when the issuer is back")
    func issuerDown() async throws {
        try await onThread {
            let setup = try BrokerSetup()
            setup.issuer.script(.renewedSoon)
            setup.issuer.always(.status(503, json: "{\"error\":\"temporarily_unavailable\"}"))
            let broker = try setup.startBroker()
            let first = try setup.waitForFile { !$0.token.isEmpty }
            #expect(setup.issuer.waitForCalls(3))
            #expect(try setup.readFile() == first)
            setup.issuer.always(nil)
            let second = try setup.waitForFile { $0.token != first.token }
            #expect(second.mode == 0o640)
            setup.expectNoSecrets(broker)
        }
    }

    @Test("a broker that is told to stop ends with 0 and leaves the file to its readers")
    func stopped() async throws {
        try await onThread {
            let setup = try BrokerSetup()
            let broker = try setup.startBroker()
            let file = try setup.waitForFile { !$0.token.isEmpty }
            broker.send(SIGTERM)
            #expect(broker.waitForExit() == .code(0))
            #expect(try setup.readFile() == file)
            #expect(try setup.leftovers() == ["token"])
        }
    }

    @Test("a broker that cannot write says so, goes on trying, and does not ask the issuer for more tokens")
    func unwritable() async throws {
        try await onThread {
            let setup = try BrokerSetup()
            let broker = try setup.startBroker(into: "missing/token")
            let line = broker.waitForLine { $0.string("level") == "error" }
            #expect(line != nil)
            try FileManager.default.createDirectory(
                atPath: setup.directory.path(of: "missing"), withIntermediateDirectories: false)
            let file = try setup.waitForFile("missing/token") { !$0.token.isEmpty }
            #expect(file.mode == 0o640)
            #expect(setup.issuer.callCount == 1)
            setup.expectNoSecrets(broker)
        }
    }
}
