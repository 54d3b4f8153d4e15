// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport
import Testing

/// Gateways of every shape: URLs of their own for each endpoint, headers, places for the token, model lists, edits.
@Suite("Shapes of gateways", .serialized)
struct GatewayShapeTests {
    @Test("each endpoint can have a URL of its own, with the model in it")
    func exactURLs() async throws {
        try await onThread {
            let deployment = "<gateway>/openai/deployments/{model}"
            let test = try GatewayUnderTest([
                "RELAY_UPSTREAM_CHAT_URL": deployment + "/chat/completions?api-version=2024-10-21",
                "RELAY_UPSTREAM_EMBEDDINGS_URL": deployment + "/embeddings?api-version=1",
                "RELAY_UPSTREAM_RERANK_URL": "<gateway>/ranker/run",
                "RELAY_UPSTREAM_TRANSCRIPTIONS_URL": deployment + "/stt",
                "RELAY_UPSTREAM_IMAGES_URL": "<gateway>/pictures", "RELAY_UPSTREAM_MODELS_URL": "<gateway>/list?v=1",
            ])
            let azure = "/openai/deployments/"
            let cases: [(String, String, String?, String)] = [
                (
                    "POST", "/v1/chat/completions", #"{"model":"gpt-4o"}"#,
                    azure + "gpt-4o/chat/completions?api-version=2024-10-21"
                ),
                (
                    "POST", "/v1/chat/completions?x=1", #"{"a":[{"model":"no"}],"m\u006fdel":"org/é b"}"#,
                    azure + "org%2F%C3%A9%20b/chat/completions?api-version=2024-10-21&x=1"
                ),
                ("POST", "/v1/embeddings", #"{"input":"x","model":"e"}"#, azure + "e/embeddings?api-version=1"),
                ("POST", "/v1/rerank", "{}", "/ranker/run"),
                ("POST", "/v1/images/edits", "{}", "/pictures/edits"),
                ("GET", "/v1/models", nil, "/list?v=1"), ("GET", "/v1/models/a%2Fb", nil, "/list/a%2Fb?v=1"),
                ("POST", "/v1/completions", "{}", "/v1/completions"),
            ]
            for (method, path, body, lands) in cases {
                #expect(try test.send(method, path, body: body).status == 200, "\(path)")
                #expect(test.last?.target == lands, "\(path)")
            }
            let form =
                "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper\r\n--b\r\n"
                + "Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nRIFF\r\n--b--\r\n"
            let type = [WireField("Content-Type", "multipart/form-data; boundary=b")]
            #expect(try test.send("POST", "/v1/audio/transcriptions", fields: type, body: form).status == 200)
            #expect(test.last?.target == azure + "whisper/stt")
            #expect(test.last?.bodyText == form)
            let sent = test.gateway.requestCount
            for body in ["{}", #"{"model":".."}"#, #"{"model":5}"#, "no json"] {
                let answer = try test.send("POST", "/v1/chat/completions", body: body)
                #expect(answer.status == 400)
                #expect(answer.bodyText.contains("model"))
            }
            #expect(test.gateway.requestCount == sent)
        }
    }

    /// Where the token goes: settings, the field or query in which it must stand, alone.
    static let places: [(settings: [String: String], field: WireField?, query: String?)] = [
        ([:], WireField("Authorization", "Bearer " + GatewayUnderTest.token), nil),
        (["RELAY_UPSTREAM_AUTH_SCHEME": "Token"], WireField("Authorization", "Token " + GatewayUnderTest.token), nil),
        (["RELAY_UPSTREAM_AUTH_SCHEME": ""], WireField("Authorization", GatewayUnderTest.token), nil),
        (
            ["RELAY_UPSTREAM_AUTH_HEADER": "api-key", "RELAY_UPSTREAM_AUTH_SCHEME": ""],
            WireField("api-key", GatewayUnderTest.token), nil
        ),
        (
            ["RELAY_UPSTREAM_AUTH_HEADER": "X-Corp-Token"],
            WireField("X-Corp-Token", "Bearer " + GatewayUnderTest.token), nil
        ),
        (["RELAY_UPSTREAM_AUTH_QUERY": "access_token"], nil, "a=1&access_token=" + GatewayUnderTest.token),
    ]

    @Test("the token stands where the gateway wants it, and the client's own copies never pass", arguments: 0..<6)
    func tokenPlaces(index: Int) async throws {
        try await onThread {
            let (settings, field, query) = Self.places[index]
            let test = try GatewayUnderTest(settings)
            let own = ["Authorization", "AUTHORIZATION", "api-key", "x-api-key", "x-corp-token", "Cookie"]
                .map { WireField($0, "clients-own") }
            try test.send("POST", "/v1/rerank?a=1&access_token=clients-own", fields: own)
            let seen = try #require(test.last)
            let credentials = seen.fields.filter { $0.value.contains(GatewayUnderTest.token) }
            #expect(credentials == (field.map { [$0] } ?? []))
            #expect(seen.query == (query ?? "a=1&access_token=clients-own"))
            let names = [
                "authorization", "api-key", "x-api-key", "cookie", field?.name.lowercased() ?? "authorization",
            ]
            for other in seen.fields where other.value == "clients-own" {
                #expect(!names.contains(other.name.lowercased()), "\(other.name)")
            }
            #expect(!test.relay.everythingPrinted.contains(GatewayUnderTest.token))
        }
    }

    @Test("static headers go along and win over the client's")
    func staticHeaders() async throws {
        try await onThread {
            let test = try GatewayUnderTest([
                "RELAY_UPSTREAM_HEADERS": #"{"X-Team":"search","X-Empty":"","OpenAI-Organization":"org-1"}"#
            ])
            try test.send(
                "POST", "/v1/embeddings",
                fields: [
                    WireField("x-team", "mine"), WireField("X-Other", "kept"), WireField("X-Stainless-Lang", "python"),
                    WireField("Accept-Encoding", "gzip, deflate"), WireField("traceparent", "00-1-2-01"),
                ])
            let seen = try #require(test.last)
            #expect(seen.values(of: "X-Team") == ["search"])
            #expect(seen.values(of: "OpenAI-Organization") == ["org-1"])
            #expect(seen.values(of: "X-Empty") == [""])
            #expect(seen.values(of: "X-Other") == ["kept"])
            #expect(seen.values(of: "traceparent") == ["00-1-2-01"])
            #expect(seen.values(of: "X-Stainless-Lang") == [])
            #expect(seen.values(of: "Accept-Encoding") == ["identity"])
        }
    }

    @Test("a list of the operator's own answers for the gateway, each model too")
    func ownModels() async throws {
        try await onThread {
            let test = try GatewayUnderTest(["RELAY_MODELS": "qwen3-32b|131072, org/ft:bge-m3"])
            let list = try #require(JSON(parsing: test.send("GET", "/v1/v1/models").body))
            #expect(list["object"]?.text == "list")
            #expect(list["data"]?.list?.map { $0["id"]?.text } == ["qwen3-32b", "org/ft:bge-m3"])
            #expect(list["data"]?.list?.first?["max_model_len"]?.integer == 131_072)
            let one = try test.send("GET", "/v1/models/org%2Fft:bge-m3")
            #expect(JSON(parsing: one.body)?["id"]?.text == "org/ft:bge-m3")
            let other = try test.send("GET", "/models/none")
            #expect(other.status == 404)
            #expect(other.errorCode == "model_not_found")
            #expect(test.gateway.requestCount == 0)
        }
    }

    @Test("a gateway without a model list has an empty one", arguments: [404, 405])
    func missingModelList(status: Int) async throws {
        try await onThread {
            let test = try GatewayUnderTest { _, connection in try connection.respond(status, json: "<html>") }
            let answer = try test.send("GET", "/v1/models")
            #expect(answer.status == 200)
            #expect(answer.bodyText == #"{"object":"list","data":[]}"#)
            #expect(try test.send("GET", "/v1/models/m").status == status)
            #expect(try test.send("POST", "/v1/embeddings").status == status)
        }
    }

    @Test("edits cut bytes out and leave the others as they were")
    func edits() async throws {
        try await onThread {
            let test = try GatewayUnderTest([
                "RELAY_DROP_FIELDS": "drop_params,enable_thinking", "RELAY_MODEL_MAP": "gpt-4o=qwen3-32b",
                "RELAY_STRIP_MODEL_SUFFIX": "true",
            ])
            let json = [WireField("Content-Type", "application/json; charset=utf-8")]
            let cases = [
                (
                    #"{"input":["drop_params"], "model" : "gpt-4o___OpenAI-API","encoding_format":"float","drop_params":true}"#,
                    #"{"input":["drop_params"], "model" : "qwen3-32b","encoding_format":"float"}"#
                ),
                (
                    #"{"enable_thinking":false,"n":1.50e+400,"x":{"drop_params":1,"model":"gpt-4o"},"model":"bge___VLLM"}"#,
                    #"{"n":1.50e+400,"x":{"drop_params":1,"model":"gpt-4o"},"model":"bge"}"#
                ),
                (#"{"model":"gpt-4o","drop_params":tru"#, #"{"model":"gpt-4o","drop_params":tru"#),
                ("", ""),
            ]
            for (sent, wanted) in cases {
                #expect(try test.send("POST", "/v1/embeddings", fields: json, body: sent).status == 200)
                #expect(test.last?.bodyText == wanted)
            }
            let text = #"{"drop_params":true,"model":"gpt-4o"}"#
            let type = [WireField("Content-Type", "text/plain")]
            #expect(try test.send("POST", "/v1/embeddings", fields: type, body: text).status == 200)
            #expect(test.last?.bodyText == text)
        }
    }
}
