// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// A running relay between a scripted upstream and a raw client; the token is static unless the test says otherwise.
struct RelayUnderTest: Sendable {
    static let token = "static-token-that-must-never-show"

    let upstream: ScriptedUpstream
    let relay: RelayProcess

    init(
        _ settings: [String: String] = ["RELAY_TOKEN": token],
        serve: @escaping @Sendable (ScriptedConnection) throws -> Void
    ) throws {
        upstream = try ScriptedUpstream(serve: serve)
        var environment = settings
        environment["RELAY_UPSTREAM_URL"] = "\(upstream.baseURL)/v1"
        if environment["RELAY_LOOPS"] == nil { environment["RELAY_LOOPS"] = "1" }
        relay = try RelayProcess(environment)
    }

    /// One POST of a small chat request on a connection of its own.
    func chat(fields: [WireField] = [], timeout: Duration = .seconds(10)) throws -> ReceivedResponse {
        let client = try relay.connect()
        return try client.exchange(
            "POST", "/v1/chat/completions", fields: fields, body: Array("{\"model\":\"m\"}".utf8), timeout: timeout)
    }
}

extension ReceivedResponse {
    /// `error.code` of an error that the relay made.
    var errorCode: String? { JSON(parsing: body)?["error"]?["code"]?.text }
}
