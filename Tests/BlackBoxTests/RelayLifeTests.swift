// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayTestSupport
import Testing

/// Start, refusal, drain and end of the process.
@Suite("Life of the process", .serialized)
struct RelayLifeTests {
    @Test("a drain lets a stream finish, takes nothing new and ends with 0")
    func drains() async throws {
        try await onThread {
            let (head, rest) = (Gate(), Gate())
            let test = try RelayUnderTest { connection in
                _ = try connection.readRequest()
                try connection.sendEventStreamHead()
                try connection.sendChunk("data: 1\n\n")
                head.open()
                try rest.wait()
                try connection.sendChunk("data: 2\n\n")
                try connection.sendLastChunk()
            }
            let probe = try test.relay.connect()
            #expect(test.relay.waitUntilReady())
            #expect(try probe.exchange("GET", "/readyz").status == 200)
            let client = try test.relay.connect()
            try client.sendRequest("POST", "/v1/chat/completions", body: Array("{}".utf8))
            let answer = try client.readHead(to: "POST")
            try head.wait()
            test.relay.process.send(15)
            #expect(test.relay.waitUntilListenerIsClosed())
            #expect(try probe.exchange("GET", "/readyz").status == 503)
            rest.open()
            let whole = try client.readBody(of: answer)
            #expect(whole.isComplete)
            #expect(whole.bodyText == "data: 1\n\ndata: 2\n\n")
            #expect(test.relay.process.waitForExit() == .code(0))
        }
    }

    @Test("a second signal ends the drain at once")
    func secondSignal() async throws {
        try await onThread {
            let test = try RelayUnderTest { connection in
                _ = try connection.readRequest()
                try connection.sendEventStreamHead()
                _ = connection.waitForPeerClose()
            }
            let client = try test.relay.connect()
            try client.sendRequest("POST", "/v1/chat/completions", body: Array("{}".utf8))
            _ = try client.readHead(to: "POST")
            test.relay.process.send(15)
            #expect(test.relay.waitUntilListenerIsClosed())
            #expect(test.relay.process.isRunning)
            test.relay.process.send(15)
            #expect(test.relay.process.waitForExit() == .code(1))
        }
    }

    @Test("the file of a unix socket goes with its relay", arguments: [1, 3])
    func socketFile(loops: Int) async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let path = directory.path(of: "s")
            let relay = try RelayProcess([
                "RELAY_LISTEN": "unix:\(path)", "RELAY_LOOPS": "\(loops)", "RELAY_TOKEN": "t",
                "RELAY_UPSTREAM_URL": "http://127.0.0.1:9/v1",
            ])
            #expect(try relay.connect().exchange("GET", "/healthz").status == 200)
            #expect(access(path, F_OK) == 0)
            #expect(relay.stop() == .code(0))
            #expect(access(path, F_OK) != 0)
        }
    }

    @Test("only those with a key may call, and the key goes no further")
    func keys() async throws {
        try await onThread {
            let settings = ["RELAY_TOKEN": RelayUnderTest.token, "RELAY_CLIENT_KEYS": "ragflow:right-key-0123456789"]
            let test = try RelayUnderTest(settings) { connection in
                while try connection.readRequest(timeout: .seconds(3_600)) != nil { try connection.respond(json: "{}") }
            }
            for field in [nil, WireField("Authorization", "Bearer wrong"), WireField("x-api-key", "")] {
                let answer = try test.chat(fields: field.map { [$0] } ?? [])
                #expect(answer.status == 401)
                #expect(answer.errorCode == "client_key_rejected")
                #expect(answer["WWW-Authenticate"] != nil)
            }
            #expect(test.upstream.requestCount == 0)
            for name in ["Authorization", "api-key", "x-api-key"] {
                let value = name == "Authorization" ? "Bearer right-key-0123456789" : "right-key-0123456789"
                #expect(try test.chat(fields: [WireField(name, value)]).status == 200)
            }
            for request in test.upstream.requests {
                #expect(request.values(of: "Authorization") == ["Bearer \(RelayUnderTest.token)"])
                #expect(!latin1(request.head.bytes).contains("right-key"))
            }
            let line = test.relay.waitForLog { $0.string("client") == "ragflow" }
            #expect(line?.string("outcome") == "ok")
            #expect(!test.relay.everythingPrinted.contains("right-key"))
        }
    }

    @Test("a wrong configuration ends with 78, names each variable and shows no secret")
    func wrongConfiguration() async throws {
        try await onThread {
            let process = try TestProcess(
                executable: BuiltProduct.path(of: "tokenrelay"), arguments: ["serve"],
                environment: [
                    "RELAY_UPSTREAM_URL": "not a url", "RELAY_TOKEN": "se\ncret", "RELAY_QUEUE_WAIT": "soon",
                ])
            #expect(process.waitForExit() == .code(78))
            for name in ["RELAY_UPSTREAM_URL", "RELAY_TOKEN", "RELAY_QUEUE_WAIT"] {
                #expect(process.everythingPrinted.contains(name))
            }
            #expect(!process.everythingPrinted.contains("se\ncret"))
            #expect(!process.everythingPrinted.contains("cret\n"))
        }
    }
}
