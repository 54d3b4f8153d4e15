// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// What a relay with or without keys makes of its addresses, and of keys that change.
@Suite("Client keys: start and reload")
struct ClientKeyStartTests {
    private typealias Test = RelayUnderTest
    private static let upstream = ["RELAY_UPSTREAM_URL": "http://127.0.0.1:9/v1", "RELAY_TOKEN_SOURCE": "none"]

    @Test(
        "without keys it starts only where nobody else can reach it",
        arguments: ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "localhost.example:0"])
    func refusesOpenAddresses(address: String) async throws {
        try await onThread {
            let process = try failedStart(Self.upstream.merging(["RELAY_LISTEN": address]) { $1 })
            #expect(process.exit == .code(78))
            for cure in ["RELAY_LISTEN", "RELAY_CLIENT_KEYS", "RELAY_ALLOW_ANONYMOUS=true"] {
                #expect(process.everythingPrinted.contains(cure), "\(cure)")
            }
        }
    }

    @Test("without keys it starts on loopback and unix addresses", arguments: ["127.0.0.1:0", "[::1]:0", "unix:"])
    func acceptsLocalAddresses(address: String) async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let listen = address == "unix:" ? "unix:\(directory.path(of: "s"))" : address
            let relay = try RelayProcess(Self.upstream.merging(["RELAY_LISTEN": listen]) { $1 })
            #expect(try relay.connect().exchange("GET", "/healthz").status == 200)
            #expect(!relay.everythingPrinted.contains("RELAY_ALLOW_ANONYMOUS"))
        }
    }

    @Test("the switch lets everybody in and warns at each start; keys need no switch")
    func anonymousSwitch() async throws {
        try await onThread {
            let open = Self.upstream.merging(["RELAY_LISTEN": "0.0.0.0:0"]) { $1 }
            let relay = try RelayProcess(open.merging(["RELAY_ALLOW_ANONYMOUS": "true"]) { $1 })
            let warning = relay.waitForLog { $0.string("variable") == "RELAY_ALLOW_ANONYMOUS" }
            #expect(warning?.string("level") == "warn")
            let keyed = try RelayProcess(open.merging(["RELAY_CLIENT_KEYS": "a:key-canary-1"]) { $1 })
            #expect(!keyed.everythingPrinted.contains("RELAY_ALLOW_ANONYMOUS"))
        }
    }

    @Test("keys that cannot be read stop the start and are not shown")
    func brokenKeys() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let empty = try directory.write("# nothing\n", to: "empty")
            let broken: [[String: String]] = [
                ["RELAY_CLIENT_KEYS": "a:"], ["RELAY_CLIENT_KEYS": "a:canary canary"],
                ["RELAY_CLIENT_KEYS": "canary-1,canary-1"],
                ["RELAY_CLIENT_KEYS": "canary", "RELAY_CLIENT_KEYS_FILE": empty], ["RELAY_CLIENT_KEYS_FILE": empty],
                ["RELAY_CLIENT_KEYS_FILE": directory.path(of: "missing")],
            ]
            for settings in broken {
                let process = try failedStart(Self.upstream.merging(settings) { $1 })
                #expect(process.exit == .code(78), "\(settings.keys.sorted())")
                #expect(process.everythingPrinted.contains("RELAY_CLIENT_KEYS"))
                #expect(!process.everythingPrinted.contains("canary"))
            }
        }
    }

    @Test("a changed file counts at once after SIGHUP and soon without; a broken one changes nothing")
    func reload() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let file = try directory.write("first:key-canary-1\n", to: "keys")
            let test = try Test.keyed(["RELAY_CLIENT_KEYS": "", "RELAY_CLIENT_KEYS_FILE": file])
            let open = try test.relay.connect()
            func ask(_ key: String) throws -> Int {
                try open.exchange("POST", "/v1/chat/completions", fields: [.bearer(key)], body: Array("{}".utf8)).status
            }
            func waitFor(_ message: String, _ count: Int) -> Bool {
                var seen = 0
                return test.relay.waitForLog {
                    if $0.string("msg") == message { seen += 1 }
                    return seen == count
                } != nil
            }
            #expect(try ask("key-canary-1") == 200)
            _ = try directory.write("# both\nfirst:key-canary-1\nsecond:key-canary-22\n", to: "keys")
            test.relay.process.send(1)
            #expect(waitFor("client keys reloaded", 1))
            #expect(try [ask("key-canary-1"), ask("key-canary-22")] == [200, 200])
            _ = try directory.write("second:key-canary-22", to: "keys")
            #expect(waitFor("client keys reloaded", 2))
            #expect(try [ask("key-canary-1"), ask("key-canary-22")] == [401, 200])
            for (number, text) in ["", "x:with space-canary", "\u{0}canary"].enumerated() {
                _ = try directory.write(text, to: "keys")
                test.relay.process.send(1)
                #expect(waitFor("client keys not reloaded", number + 1))
                #expect(try ask("key-canary-22") == 200)
            }
            #expect(!test.relay.everythingPrinted.contains("canary"))
        }
    }
}
