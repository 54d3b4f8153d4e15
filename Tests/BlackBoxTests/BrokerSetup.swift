// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import RelayTestSupport
import Testing

/// An issuer whose new token ends the one before, an upstream that knows that, and the file between broker and relays.
struct BrokerSetup: Sendable {
    /// The field in which a client says when it sent the request, in seconds since 1970.
    private static let stamp = "X-Test-Sent-At"
    private static let secret = "broker-secret-that-must-never-show"

    /// What the broker's file says and is.
    struct File: Equatable {
        let token: String
        /// Seconds since 1970.
        let expiresAt: Double
        let mode: Int
        let inode: Int
    }

    let issuer: ScriptedIssuer
    let upstream: ScriptedUpstream
    let directory: TemporaryDirectory
    /// Requests that carried a token although they began after its end.
    let tooOld = Monitor(0)

    /// - Parameter lifetime: of the issuer's tokens, in seconds.
    init(lifetime: Int = 300) throws {
        let issuer = try ScriptedIssuer(lifetime: lifetime)
        let directory = try TemporaryDirectory()
        let tooOld = tooOld
        self.issuer = issuer
        self.directory = directory
        upstream = try ScriptedUpstream { connection in
            while let request = try connection.readRequest(timeout: .seconds(3_600)) {
                let file = try? Self.read(directory.path(of: "token"))
                let sentAt = request[Self.stamp].flatMap { Double($0) } ?? 0
                if let file, file.token == request.bearerToken, sentAt > file.expiresAt {
                    tooOld.withLock { $0 += 1 }
                }
                if request.bearerToken == issuer.issued.last {
                    try connection.respond(json: "{\"token\":\"\(request.bearerToken ?? "")\"}")
                } else {
                    try connection.respond(401, json: "{\"error\":{\"message\":\"this token was replaced\"}}")
                }
            }
        }
    }

    func startBroker(into name: String = "token") throws -> TestProcess {
        try TestProcess(
            executable: BuiltProduct.path(of: "tokenrelay"),
            arguments: ["token", "--watch", "--out", directory.path(of: name)],
            environment: [
                "RELAY_UPSTREAM_URL": "\(upstream.baseURL)/v1", "RELAY_OAUTH_TOKEN_URL": issuer.url,
                "RELAY_OAUTH_CLIENT_ID": "broker", "RELAY_OAUTH_CLIENT_SECRET": Self.secret,
                "RELAY_TOKEN_BACKOFF": "100ms..200ms", "RELAY_TOKEN_REFRESH_IN_FROM": "json:/refresh_in",
                "RELAY_TOKEN_TIMEOUT": "120s",
            ])
    }

    func startRelay() throws -> RelayProcess {
        try RelayProcess([
            "RELAY_UPSTREAM_URL": "\(upstream.baseURL)/v1", "RELAY_TOKEN_FILE": directory.path(of: "token"),
            "RELAY_TOKEN_FILE_POLL": "100ms", "RELAY_TOKEN_WAIT": "500ms", "RELAY_LOOPS": "1",
            "RELAY_TOKEN_BACKOFF": "100ms..200ms",
        ])
    }

    func chat(_ relay: RelayProcess) throws -> ReceivedResponse {
        let stamp = WireField(Self.stamp, "\(Date().timeIntervalSince1970)")
        return try relay.connect().exchange(
            "POST", "/v1/chat/completions", fields: [stamp], body: Array("{\"model\":\"m\"}".utf8))
    }

    /// True once a request through `relay` reached the upstream with `token`; the moment between the issuer's new token
    /// and the broker's new file shows as a refusal, which must pass.
    func answersWith(_ token: String, _ relay: RelayProcess) -> Bool {
        var answer: ReceivedResponse?
        _ = eventually {
            answer = try? chat(relay)
            return answer?.status == 200
        }
        return answer.flatMap { JSON(parsing: $0.body) }?["token"]?.text == token
    }

    func readFile(_ name: String = "token") throws -> File { try Self.read(directory.path(of: name)) }

    /// The file as soon as it fits.
    func waitForFile(_ name: String = "token", where fits: (File) -> Bool) throws -> File {
        var file: File?
        let hasCome = try eventually {
            guard FileManager.default.fileExists(atPath: directory.path(of: name)) else { return false }
            // A reader never sees half a file: what is there must be whole.
            file = try readFile(name)
            return file.map(fits) ?? false
        }
        guard hasCome, let file else { throw SupportError.timedOut("a token file that fits") }
        return file
    }

    func leftovers() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() }

    func expectNoSecrets(_ process: TestProcess) {
        for secret in issuer.issued + [Self.secret] { #expect(!process.everythingPrinted.contains(secret)) }
    }

    private static func read(_ path: String) throws -> File {
        // One descriptor, so that content and attributes belong together.
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        var status = stat()
        guard fstat(handle.fileDescriptor, &status) == 0, let bytes = try handle.readToEnd(),
            let json = JSON(parsing: Array(bytes)), let token = json["access_token"]?.text,
            let end = json["expires_at"]?.number
        else { throw SupportError.malformed("the token file is not whole") }
        return File(token: token, expiresAt: end, mode: Int(status.st_mode & 0o7777), inode: Int(status.st_ino))
    }
}
