// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// A relay with client keys in front of an upstream that always answers.
extension RelayUnderTest {
    static let ragflowKey = "ragflow-key-canary-0123456789"
    static let difyKey = "dify-key-canary-9876543210"

    static func keyed(_ settings: [String: String] = [:]) throws -> RelayUnderTest {
        let given = [
            "RELAY_TOKEN": token, "RELAY_CLIENT_KEYS": "ragflow:\(ragflowKey),dify:\(difyKey)",
        ].merging(settings) { $1 }
        return try RelayUnderTest(given.filter { !$0.value.isEmpty }) { connection in
            while try connection.readRequest(timeout: .seconds(3_600)) != nil { try connection.respond(json: "{}") }
        }
    }

    /// The status of a chat with these fields.
    func status(_ fields: [WireField]) throws -> Int { try chat(fields: fields).status }

    func metrics() throws -> String { try relay.connect().exchange("GET", "/metrics").bodyText }
}

extension WireField {
    static func bearer(_ key: String) -> WireField { WireField("Authorization", "Bearer \(key)") }
}

/// A relay that is expected not to start.
func failedStart(_ environment: [String: String]) throws -> TestProcess {
    let process = try TestProcess(
        executable: BuiltProduct.path(of: "tokenrelay"), arguments: ["serve"], environment: environment)
    _ = process.waitForExit()
    return process
}
