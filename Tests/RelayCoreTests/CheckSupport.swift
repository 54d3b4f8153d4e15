// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore

/// Places and answers for the tests of `check`.
enum CheckSample {
    static func place(_ url: String, _ side: CheckSide = .upstream, _ variable: String = "RELAY_UPSTREAM_URL") throws
        -> CheckPlace
    {
        CheckPlace(try CheckedURL(url), side: side, variable: variable)
    }

    static func answer(_ status: Int, _ body: String, type: String = "application/json") -> CheckAnswer {
        CheckAnswer(status: status, fields: ["Content-Type": type], body: Array(body.utf8))
    }

    static let chat = CheckCall(
        .chat, path: "https://gw.example/v1/chat/completions", variable: "RELAY_UPSTREAM_URL", model: "m1",
        known: ["a", "b"], injection: .header(name: "Authorization", scheme: "Bearer"))

    static let models = CheckCall(
        .models, path: "https://gw.example/api/models", variable: "RELAY_UPSTREAM_URL", model: nil,
        injection: .header(name: "X-Token", scheme: ""))
}
