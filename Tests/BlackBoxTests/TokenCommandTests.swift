// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import RelayTestSupport
import Testing

/// `tokenrelay token`: one fetch described, or a token file kept new.
@Suite("Token command")
struct TokenCommandTests {
    private func start(_ issuer: ScriptedIssuer, _ arguments: [String] = [], _ changes: [String: String] = [:]) throws
        -> TestProcess
    {
        let environment = [
            "RELAY_UPSTREAM_URL": "http://127.0.0.1:1/v1", "RELAY_OAUTH_TOKEN_URL": issuer.url,
            "RELAY_OAUTH_CLIENT_ID": "broker", "RELAY_OAUTH_CLIENT_SECRET": CheckOutcome.secret,
            "RELAY_TOKEN_TIMEOUT": "120s",
        ]
        return try TestProcess(
            executable: BuiltProduct.path(of: "tokenrelay"), arguments: ["token"] + arguments,
            environment: environment.merging(changes) { $1 })
    }

    private func expectNoSecret(_ process: TestProcess, _ issuer: ScriptedIssuer) {
        for secret in issuer.issued + [CheckOutcome.secret] { #expect(!process.everythingPrinted.contains(secret)) }
    }

    private func token(in path: String) -> String? {
        FileManager.default.contents(atPath: path).flatMap { JSON(parsing: Array($0)) }?["access_token"]?.text
    }

    /// Waits until the file holds a token that fits.
    private func wait(for path: String, where fits: (String) -> Bool) -> String? {
        var found: String?
        _ = eventually {
            found = token(in: path).flatMap { fits($0) ? $0 : nil }
            return found != nil
        }
        return found
    }

    @Test("one fetch tells kind, lifetime and renewal, never the token")
    func once() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer(lifetime: 300)
            let process = try start(issuer, ["--lang", "en"])
            #expect(process.waitForExit() == .code(0), "\(process.everythingPrinted)")
            #expect(process.standardOutput.contains("opaque, lives 300 s, renewed after "))
            #expect(issuer.callCount == 1)
            expectNoSecret(process, issuer)
        }
    }

    @Test("a JWT tells when its exp is")
    func jwt() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            let claims = Data(#"{"exp":\#(time(nil) + 600)}"#.utf8).base64EncodedString().replacingOccurrences(
                of: "=", with: "")
            issuer.always(.status(200, json: #"{"access_token":"e30.\#(claims).c2ln"}"#))
            let process = try start(issuer, ["--lang", "en"])
            #expect(process.waitForExit() == .code(0), "\(process.everythingPrinted)")
            #expect(process.standardOutput.contains("a JWT, lives "))
            #expect(process.standardOutput.contains("exp in "))
            #expect(!process.everythingPrinted.contains(claims))
        }
    }

    @Test("a failed fetch tells cause and cure, and exits 1")
    func failure() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            issuer.always(.status(401, json: #"{"error":"invalid_client"}"#))
            let process = try start(issuer, ["--lang", "en"])
            #expect(process.waitForExit() == .code(1))
            #expect(process.standardOutput.contains("cause: issuer answered 401 \"invalid_client\""))
            #expect(process.standardOutput.contains("cure:  "))
            expectNoSecret(process, issuer)
        }
    }

    @Test("--watch keeps the file new until SIGTERM, and leaves a valid token behind")
    func watch() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer(lifetime: 4)
            let directory = try TemporaryDirectory()
            let path = directory.path(of: "token")
            let process = try start(issuer, ["--watch", "--out", path])
            let first = try #require(wait(for: path) { _ in true }, "\(process.everythingPrinted)")
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o640)
            let second = try #require(wait(for: path) { $0 != first }, "\(process.everythingPrinted)")
            #expect(issuer.issued.contains(second))
            let end = try #require(
                FileManager.default.contents(atPath: path).flatMap { JSON(parsing: Array($0)) }?["expires_at"]?.number)
            // A slow machine may look long after the file was written.
            #expect((-60...6).contains(end - Double(time(nil))))
            process.send(SIGTERM)
            #expect(process.waitForExit() == .code(0), "\(process.everythingPrinted)")
            #expect(token(in: path) != nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["token"])
            expectNoSecret(process, issuer)
        }
    }

    @Test("--bare writes the token alone; an issuer that is down does not end the broker")
    func bare() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer(lifetime: 300)
            issuer.script(.status(503, json: "{}"), .close)
            let directory = try TemporaryDirectory()
            let path = directory.path(of: "token")
            let process = try start(
                issuer, ["--watch", "--bare", "--out", path], ["RELAY_TOKEN_BACKOFF": "100ms..200ms"])
            let written = process.waitForLine { $0.string("msg") == "token written" }
            #expect(written != nil, "\(process.everythingPrinted)")
            #expect(process.lines.contains { $0.string("msg") == "token renewal failed" })
            let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
            #expect(text == issuer.issued.last.map { $0 + "\n" })
            expectNoSecret(process, issuer)
        }
    }

    @Test("a place that cannot be written is reported, and the file comes once it can")
    func unwritable() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer(lifetime: 300)
            let directory = try TemporaryDirectory()
            let path = directory.path(of: "later/token")
            let process = try start(issuer, ["--watch", "--out", path])
            #expect(process.waitForLine { $0.string("msg") == "token file cannot be written" } != nil)
            try FileManager.default.createDirectory(
                atPath: directory.path(of: "later"), withIntermediateDirectories: false)
            #expect(wait(for: path) { _ in true } != nil, "\(process.everythingPrinted)")
            #expect(issuer.callCount == 1)
        }
    }

    @Test("one broker and two relays that read its file: one renews, all follow")
    func replicas() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer(lifetime: 4)
            let gateway = try CheckGateway(issuer: issuer)
            let directory = try TemporaryDirectory()
            let path = directory.path(of: "token")
            let broker = try start(issuer, ["--watch", "--out", path])
            let first = try #require(wait(for: path) { _ in true }, "\(broker.everythingPrinted)")
            let relays = try (0..<2).map { _ in
                try RelayProcess([
                    "RELAY_UPSTREAM_URL": "\(gateway.upstream.baseURL)/v1", "RELAY_TOKEN_FILE": path,
                    "RELAY_TOKEN_FILE_POLL": "100ms", "RELAY_TOKEN_SOURCE": "file", "RELAY_TOKEN_WAIT": "600s",
                ])
            }
            for relay in relays { #expect(relay.waitUntilReady(), "\(relay.everythingPrinted)") }
            let renewed = try #require(wait(for: path) { $0 != first })
            // An issuer that lets one token live: the old ones are refused from now on.
            for token in issuer.issued.prefix(while: { $0 != renewed }) { issuer.revoke(token) }
            for relay in relays {
                let answer = try relay.connect().exchange("GET", "/v1/models")
                #expect(answer.status == 200, "\(relay.everythingPrinted)")
            }
            expectNoSecret(broker, issuer)
        }
    }

    @Test("--watch and --out belong together")
    func usage() async throws {
        try await onThread {
            let issuer = try ScriptedIssuer()
            for arguments in [["--watch"], ["--out", "/tmp/x"], ["--out"]] {
                #expect(try start(issuer, arguments).waitForExit() == .code(64))
            }
        }
    }
}
