// SPDX-License-Identifier: Apache-2.0

import RelayCore
import Testing

@Suite struct FailureResponseTests {
    @Test func `The body has OpenAI's shape`() {
        let body = String(decoding: RelayFailure.tokenUnavailable(retryAfter: .seconds(2)).body(), as: UTF8.self)
        #expect(
            body == #"{"error":{"message":"relay: no valid bearer token","type":"relay_error","#
                + #""code":"token_unavailable","param":null}}"#)
    }

    @Test(arguments: everyFailure)
    func `Every body is strict JSON and says its own message`(_ failure: RelayFailure) throws {
        let error = try #require(try JSONValue(parsing: failure.body())["error"])
        #expect(error["message"]?.stringValue == failure.message)
        #expect(error["code"]?.stringValue == failure.code)
        #expect(error["type"]?.stringValue == "relay_error")
        #expect(error["param"] == .null)
        #expect(failure.message.hasPrefix("relay: "))
    }

    @Test(arguments: [
        (RelayFailure.badRequest(""), 400), (.clientKeyRejected, 401), (.unknownEndpoint(path: ""), 404),
        (.methodNotAllowed(allow: "POST"), 405), (.requestTimeout, 408), (.bodyTooLarge(limit: 1), 413),
        (.uriTooLong(limit: 1), 414), (.expectationFailed, 417), (.rateLimited(.client, retryAfter: .zero), 429),
        (.headersTooLarge(.fields(1)), 431), (.notImplemented, 501), (.versionNotSupported, 505),
        (.upstreamUnreachable(.refused), 502), (.upstreamReset, 502), (.upstreamBadResponse, 502),
        (.upstreamTLSFailed, 502), (.upstreamProxyRefused, 502), (.upstreamAuthRejected, 502),
        (.upstreamTimeout(.connect), 504), (.upstreamTimeout(.firstByte), 504),
        (.tokenUnavailable(retryAfter: .zero), 503), (.overloaded(.bodies), 503), (.draining, 503), (.internal, 500),
    ])
    func `The status is the one the product names`(_ failure: RelayFailure, _ status: Int) {
        #expect(failure.status == status)
    }

    private func fields(_ failure: RelayFailure) -> [String] {
        failure.fields(requestID: "r-1").map { "\($0.name): \($0.value)" }
    }

    @Test func `Fields carry the hints of the table`() {
        let start = ["Content-Type: application/json", "X-Request-Id: r-1"]
        #expect(
            fields(.clientKeyRejected) == start + [
                "WWW-Authenticate: Bearer realm=\"tokenrelay\"", "x-should-retry: false",
            ])
        #expect(fields(.methodNotAllowed(allow: "GET, HEAD")) == start + ["Allow: GET, HEAD", "x-should-retry: false"])
        #expect(fields(.overloaded(.connections)) == start + ["Retry-After: 1", "Connection: close"])
        #expect(fields(.draining) == start + ["Retry-After: 2", "Connection: close"])
        #expect(fields(.upstreamReset) == start)
        #expect(fields(.bodyTooLarge(limit: 1)) == start + ["x-should-retry: false", "Connection: close"])
    }

    @Test(arguments: [
        (Duration.seconds(-5), 1), (.zero, 1), (.nanoseconds(1), 1), (.milliseconds(1_000), 1),
        (.milliseconds(1_001), 2), (.seconds(15), 15), (.seconds(299.5), 300), (.seconds(300), 300),
        (.seconds(Int64.max), 300), (.seconds(Int64.min), 1),
    ])
    func `Retry-After is whole seconds, never less than the wait`(_ wait: Duration, _ seconds: Int) {
        #expect(RelayFailure.tokenUnavailable(retryAfter: wait).retryAfter == seconds)
        #expect(RelayFailure.rateLimited(.queueFull, retryAfter: wait).retryAfter == seconds)
    }

    @Test(arguments: [
        "/a\"b\\c", "/x\r\nSet-Cookie: a=b", "/\u{0}\u{1B}[31m", "/中文/\u{2028}", String(repeating: "a", count: 16_384),
    ])
    func `Hostile text stays printable, short and inside its string`(_ text: String) throws {
        for failure in [RelayFailure.unknownEndpoint(path: text), .badRequest(text), .methodNotAllowed(allow: text)] {
            #expect(failure.message.utf8.allSatisfy { (0x20...0x7E).contains($0) })
            #expect(failure.message.utf8.count < 400)
            #expect(try JSONValue(parsing: failure.body())["error"]?["message"]?.stringValue == failure.message)
            for field in failure.fields(requestID: "r") {
                #expect(field.value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
            }
        }
    }

    @Test func `An unknown path is named, and the way to allow it`() {
        let message = RelayFailure.unknownEndpoint(path: "/v1/assistants").message
        #expect(message.contains("\"/v1/assistants\""))
        #expect(message.contains("RELAY_EXTRA_PATHS"))
    }

    @Test func `An endpoint without a URL is told from a path that is none`() {
        let message = RelayFailure.unknownEndpoint(path: "/v1/rerank", lacksURL: true).message
        #expect(message.contains("\"/v1/rerank\""))
        #expect(message.contains("RELAY_UPSTREAM_URL"))
        #expect(!message.contains("RELAY_EXTRA_PATHS"))
    }

    @Test func `The event of a torn stream is exactly the promised bytes`() throws {
        let text = String(decoding: EventStreamError.interrupted, as: UTF8.self)
        #expect(
            text == "\n\ndata: {\"error\":{\"message\":\"relay: upstream stream interrupted\",\"type\":\"relay_error\","
                + "\"code\":\"upstream_stream_interrupted\"}}\n\n")
        let error = try JSONValue(parsing: Array(text.dropFirst(8).utf8).filter { $0 != 0x0A })["error"]
        #expect(error?["message"]?.stringValue == RelayFailure.upstreamStreamInterrupted.message)
        #expect(error?["code"]?.stringValue == RelayFailure.upstreamStreamInterrupted.code)
        #expect(EventStreamError.heartbeat == Array(": keep-alive\n\n".utf8))
    }

    @Test func `Each clock's variable is in the table`() {
        for clock in RelayFailure.UpstreamClock.allCases {
            #expect(ConfigurationKey.knownNames.contains(clock.variable))
        }
    }
}
