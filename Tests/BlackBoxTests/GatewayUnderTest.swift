// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport

/// A relay before a gateway that answers every request with `{}`, unless the test says otherwise.
///
/// `<gateway>` in a setting stands for the gateway's scheme, host and port.
struct GatewayUnderTest: Sendable {
    static let token = "token-that-must-never-show"

    let gateway: ScriptedUpstream
    let relay: RelayProcess

    init(
        _ settings: [String: String] = [:],
        respond: @escaping @Sendable (RecordedRequest, ScriptedConnection) throws -> Void = { _, connection in
            try connection.respond(json: "{}")
        }
    ) throws {
        try self.init(settings, gateway: .perRequest(respond: respond))
    }

    init(_ settings: [String: String] = [:], gateway: ScriptedUpstream) throws {
        self.gateway = gateway
        var environment = [
            "RELAY_UPSTREAM_URL": "<gateway>/v1", "RELAY_TOKEN": Self.token, "RELAY_LOOPS": "1",
            "RELAY_RETRY": "off",
        ]
        environment.merge(settings) { $1 }
        relay = try RelayProcess(
            environment.mapValues { $0.replacingOccurrences(of: "<gateway>", with: gateway.baseURL) })
    }

    /// One exchange on a connection of its own.
    @discardableResult
    func send(
        _ method: String = "POST", _ target: String, fields: [WireField] = [], body: String? = nil,
        timeout: Duration = .seconds(30)
    ) throws -> ReceivedResponse {
        let bytes = body.map { Array($0.utf8) } ?? (method == "POST" ? Array("{\"model\":\"m\"}".utf8) : nil)
        return try relay.connect().exchange(method, target, fields: fields, body: bytes, timeout: timeout)
    }

    /// What the gateway saw last.
    var last: RecordedRequest? { gateway.requests.last }
}
