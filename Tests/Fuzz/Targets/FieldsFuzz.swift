// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore

/// The fields of an upstream request, made from a client's: nothing of the hop, and one credential, the relay's.
enum FieldsFuzz {
    private static let token = "t0ken"

    private static let variants: [UpstreamConfiguration] = {
        let bearer = UpstreamConfiguration()
        var apiKey = UpstreamConfiguration()
        (apiKey.authHeader, apiKey.authScheme) = ("Api-Key", "")
        apiKey.headers = [HeaderPair(name: "X-Tenant", value: "a"), HeaderPair(name: "Accept", value: "text/plain")]
        var odd = UpstreamConfiguration()
        odd.authHeader = "X-Gateway-Token"
        odd.headers = [
            HeaderPair(name: "Authorization", value: "Basic Zg=="), HeaderPair(name: "x-gateway-token", value: "old"),
            HeaderPair(name: "Connection", value: "close"), HeaderPair(name: "Transfer_Encoding", value: "x"),
        ]
        var query = UpstreamConfiguration()
        query.authQuery = "key"
        return [bearer, apiKey, odd, query]
    }()

    static func run(_ input: [UInt8]) throws {
        let input = FuzzInput(input)
        let configuration = input.variant(of: variants)
        let lines = input.rest.split(separator: 0x0A).map { Array($0) }
        let client = FieldSection(lines.compactMap { ResponseFieldLine.parse($0) })
        let sent = RequestFieldPolicy(upstream: configuration).fields(
            from: client, requestID: "id", token: Secret(token))
        try require(sent.allSatisfy(\.isWellFormed), "a field is not well-formed")

        let names = sent.map { folded($0.name) }
        for name in names where ResponseFuzz.hopByHop.union(["host", "content-length"]).contains(name) {
            throw FuzzFinding(description: "\(name) goes upstream")
        }
        func values(of name: String) -> [String] {
            sent.filter { folded($0.name) == folded(name) }.map(\.value)
        }
        let scheme = configuration.authScheme.isEmpty ? "" : configuration.authScheme + " "
        let credential = configuration.authQuery == nil ? [scheme + token] : []
        try require(values(of: configuration.authHeader) == credential, "not exactly one credential")
        if folded(configuration.authHeader) != "authorization" {
            let fixed = configuration.headers.filter { folded($0.name) == "authorization" }.map(\.value)
            try require(values(of: "Authorization") == fixed, "the client's Authorization goes upstream")
        }
        try require(values(of: "x-request-id") == ["id"], "not exactly one request identifier")

        // Whatever is not the relay's own stands in the client's fields, in that order.
        var rest = Array(client)[...]
        let own = Set(configuration.headers.map { folded($0.name) })
            .union(["accept", "user-agent", "accept-encoding", "x-request-id", folded(configuration.authHeader)])
        let named = ConnectionOptions(client)
        for field in sent where !own.contains(folded(field.name)) {
            guard let index = rest.firstIndex(of: field) else {
                throw FuzzFinding(description: "a field that nobody sent")
            }
            rest = rest[(index + 1)...]
            try require(!named.contains(field.name), "a field that Connection names goes on")
        }
    }

    private static func folded(_ name: String) -> String {
        String(name.lowercased().map { $0 == "_" ? "-" : $0 })
    }
}
