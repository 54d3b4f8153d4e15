// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayTestSupport
import Testing

/// A relay that cannot start says which variable is the reason.
@Suite("A start that fails")
struct StartFailureTests {
    private static let settings = ["RELAY_UPSTREAM_URL": "http://127.0.0.1:9/v1", "RELAY_TOKEN_SOURCE": "none"]

    @Test("a misspelt variable is named beside what is missing because of it")
    func misspelt() async throws {
        try await onThread {
            let process = try failedStart(["RELAY_UPSTRAM_URL": "http://h/v1", "RELAY_TOKEN_SOURCE": "none"])
            #expect(process.exit == .code(78))
            for part in ["RELAY_UPSTREAM_URL: is required", "RELAY_UPSTRAM_URL: ", "did you mean RELAY_UPSTREAM_URL?"] {
                #expect(process.everythingPrinted.contains(part), "\(part)")
            }
        }
    }

    @Test("the address of another relay is taken, not shared", arguments: ["RELAY_LISTEN", "RELAY_ADMIN_LISTEN"])
    func taken(variable: String) async throws {
        try await onThread {
            let first = try RelayProcess(Self.settings.merging(["RELAY_LOOPS": "2"]) { $1 })
            defer { first.process.kill() }
            let wanted = ["RELAY_LISTEN": "127.0.0.1:0"].merging([variable: "\(first.endpoint)"]) { $1 }
            let second = try failedStart(Self.settings.merging(wanted) { $1 })
            #expect(second.exit == .code(1))
            #expect(second.everythingPrinted.contains("\(variable): \"\(first.endpoint)\" cannot be listened on"))
        }
    }

    @Test("an address is free again as soon as its relay drains")
    func freed() async throws {
        try await onThread {
            let gate = Gate()
            let test = try RelayUnderTest { connection in
                while try connection.readRequest(timeout: .seconds(3_600)) != nil {
                    try gate.wait()
                    try connection.respond(json: "{}")
                }
            }
            let client = try test.relay.connect()
            try client.sendRequest("POST", "/v1/chat/completions", body: Array("{}".utf8))
            #expect(test.upstream.waitForRequests(1))
            let probe = try test.relay.connect()
            #expect(try probe.exchange("GET", "/readyz").status == 200)
            test.relay.process.send(SIGTERM)
            // The turn that closes the listener also ends keeping connections: 503, or a 200 that is the last.
            let deadline = Deadline(hangLimit)
            while (try? probe.exchange("GET", "/readyz").status) == 200, !deadline.isOver {}
            let next = try RelayProcess(Self.settings.merging(["RELAY_LISTEN": "\(test.relay.endpoint)"]) { $1 })
            #expect(try next.connect().exchange("GET", "/healthz").status == 200)
            gate.open()
            #expect(try client.readResponse().status == 200)
        }
    }
}
