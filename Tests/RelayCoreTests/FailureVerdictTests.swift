// SPDX-License-Identifier: Apache-2.0

import RelayCore
import Testing

@Suite struct FailureVerdictTests {
    /// Words that make RAGFlow give up on an answer worth a retry.
    static let fatalWords = [
        "auth", "key", "quota", "capacity", "credit", "billing", "balance", "format", "invalid", "parameter",
    ]

    /// What RAGFlow shall do with each code; 499 is never sent.
    static let wanted: [String: RAGFlowVerdict] = [
        "bad_request": .final("INVALID_REQUEST"), "unknown_endpoint": .final("INVALID_REQUEST"),
        "method_not_allowed": .final("GENERIC_ERROR"), "request_timeout": .final("TIMEOUT"),
        "body_too_large": .final("QUOTA_EXCEEDED"), "uri_too_long": .final("QUOTA_EXCEEDED"),
        "expectation_failed": .final("GENERIC_ERROR"), "headers_too_large": .final("QUOTA_EXCEEDED"),
        "not_implemented": .final("GENERIC_ERROR"), "version_not_supported": .final("GENERIC_ERROR"),
        "client_key_rejected": .final("AUTH_ERROR"), "rate_limited": .retried("RATE_LIMIT"),
        "upstream_unreachable": .retried("SERVER_ERROR"), "upstream_reset": .retried("SERVER_ERROR"),
        "upstream_bad_response": .retried("SERVER_ERROR"), "upstream_timeout": .retried("SERVER_ERROR"),
        "upstream_tls_failed": .retried("SERVER_ERROR"), "upstream_proxy_refused": .retried("SERVER_ERROR"),
        "upstream_auth_rejected": .final("AUTH_ERROR"), "upstream_stream_interrupted": .retried("SERVER_ERROR"),
        "token_unavailable": .retried("SERVER_ERROR"), "overloaded": .retried("SERVER_ERROR"),
        "draining": .retried("SERVER_ERROR"), "internal_error": .retried("SERVER_ERROR"),
    ]

    @Test(arguments: everyFailure)
    func `RAGFlow retries what is worth it and gives up on the rest`(_ failure: RelayFailure) throws {
        guard failure.status != 499 else { return }
        let wanted = try #require(Self.wanted[failure.code], "no verdict is written down for \(failure.code)")
        #expect(RAGFlowVerdict(failure) == wanted)
    }

    @Test func `The table covers every code`() {
        let codes = Set(everyFailure.map(\.code))
        #expect(codes == Set(Self.wanted.keys).union(["client_gone", "client_write_timeout"]))
    }

    @Test(arguments: everyFailure)
    func `Retryable answers hold no word that stops RAGFlow`(_ failure: RelayFailure) {
        guard failure.status == 429 || (failure.status >= 500 && !failure.forbidsRetry) else { return }
        let text = (failure.message + " " + failure.code).lowercased()
        for word in Self.fatalWords { #expect(!text.contains(word), "\(failure.code) says \"\(word)\"") }
    }

    @Test(arguments: everyFailure)
    func `The SDK's hint never contradicts RAGFlow's verdict`(_ failure: RelayFailure) {
        guard failure.status != 499 else { return }
        #expect(failure.forbidsRetry == !RAGFlowVerdict(failure).isRetried)
    }

    @Test func `A 429 says rate limit`() {
        for failure in everyFailure where failure.status == 429 { #expect(failure.message.contains("rate limit")) }
    }

    @Test(arguments: [0, 400, 429, 503, 4_294_967_296, 5_000_000_000, Int.max])
    func `A limit's digits change no verdict`(_ limit: Int) {
        let failures: [RelayFailure] = [
            .bodyTooLarge(limit: limit), .uriTooLong(limit: limit), .headersTooLarge(.bytes(limit)),
            .headersTooLarge(.fields(limit)),
        ]
        for failure in failures {
            #expect(RAGFlowVerdict(failure) == .final("QUOTA_EXCEEDED"))
            #expect(failure.message.contains(String(limit)))
        }
    }

    @Test(arguments: ["/v1/servers", "/v1/503", "/unavailable", "/v1/assistants/500"])
    func `A path's words change no verdict`(_ path: String) {
        #expect(RAGFlowVerdict(.unknownEndpoint(path: path)) == .final("INVALID_REQUEST"))
    }

    /// The SDK raises the event's message alone; a retry would give the user the same text twice.
    @Test func `The error inside a torn stream is final`() throws {
        let event = String(decoding: EventStreamError.interrupted, as: UTF8.self)
        let lines = event.split(separator: "\n")
        #expect(lines.count == 1)
        let data = try #require(lines.first?.hasPrefix("data: ") == true ? lines.first?.dropFirst(6) : nil)
        let error = try #require(try JSONValue(parsing: Array(data.utf8))["error"])
        #expect(error["code"]?.stringValue == RelayFailure.upstreamStreamInterrupted.code)
        let message = try #require(error["message"]?.stringValue)
        #expect(message == RelayFailure.upstreamStreamInterrupted.message)
        #expect(RAGFlowVerdict(exception: message) == .final("GENERIC_ERROR"))
    }

    /// The wordings that were tried against RAGFlow itself.
    @Test(arguments: [
        ("Error code: 503 - relay: no valid bearer token", RAGFlowVerdict.retried("SERVER_ERROR")),
        ("Error code: 503 - relay: upstream auth refresh failed", .final("AUTH_ERROR")),
        ("Error code: 502 - load balancer error", .final("QUOTA_EXCEEDED")),
        ("Error code: 503 - information missing", .final("INVALID_REQUEST")),
        ("Error code: 429 - You exceeded your current quota", .final("QUOTA_EXCEEDED")),
        ("relay: upstream stream interrupted", .final("GENERIC_ERROR")),
    ])
    func `This copy of the rules judges as RAGFlow does`(_ text: String, _ verdict: RAGFlowVerdict) {
        #expect(RAGFlowVerdict(exception: text) == verdict)
    }
}
