// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import RelayTestSupport
import Testing

/// Upstreams that cannot be spoken to at all.
@Suite("Edge: upstream out of reach")
struct EdgeUnreachableTests {
    @Test("refused, unresolved, and no answer to the connection, each by its name")
    func unreachable() async throws {
        try await onThread {
            let full = try FullListener()
            let cases = [
                ("http://127.0.0.1:1/v1", 502, "upstream_unreachable", "refused"),
                ("http://name.invalid/v1", 502, "upstream_unreachable", "unresolved"),
                ("http://127.0.0.1:\(full.port)/v1", 504, "upstream_timeout", "connect_timeout"),
            ]
            for (url, status, code, kind) in cases {
                var settings = [
                    "RELAY_TOKEN": "t", "RELAY_RETRY": "off", "RELAY_LOOPS": "1", "RELAY_UPSTREAM_URL": url,
                ]
                // The others' causes must be told before any clock, however slow the machine is.
                if kind == "connect_timeout" { settings["RELAY_CONNECT_TIMEOUT"] = "400ms" }
                let relay = try RelayProcess(settings.merging(quickResolver) { $1 })
                defer { relay.process.kill() }
                let client = try relay.connect()
                let answer = try client.exchange(
                    "POST", EdgeBench.chat, fields: [WireField("X-Request-Id", kind)], body: Array("{}".utf8))
                #expect((answer.status, answer.errorCode) == (status, code), "\(kind)")
                let line = try #require(relay.waitForAccessLog(requestID: kind))
                #expect((line.string("outcome"), line.string("side")) == (code, "upstream"))
                let metrics = try client.exchange("GET", "/metrics").bodyText
                #expect(metrics.contains("relay_upstream_errors_total{kind=\"\(kind)\"} 1\n"))
            }
        }
    }

    @Test("an upstream that speaks no TLS")
    func plainInsteadOfTLS() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { connection in
                try connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                _ = connection.waitForPeerClose()
            }
            try Self.expectTLSFailure(port: upstream.port)
        }
    }

    @Test("an upstream with a certificate that nobody vouches for", .enabled(if: hasOpenSSL))
    func selfSigned() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let (key, certificate) = (directory.path(of: "key"), directory.path(of: "certificate"))
            let maker = try TestProcess(
                executable: openSSL,
                arguments: [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                    "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", certificate,
                ])
            #expect(maker.waitForExit() == .code(0))
            let server = try TestProcess(
                executable: openSSL,
                arguments: ["s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert", certificate, "-www"])
            defer { server.kill() }
            let line = try #require(server.waitForLine { $0.text.hasPrefix("ACCEPT ") })
            let port = try #require(UInt16(line.text.split(separator: ":").last.map(String.init) ?? ""))
            try Self.expectTLSFailure(port: port)
        }
    }

    private static func expectTLSFailure(port: UInt16) throws {
        let relay = try RelayProcess([
            "RELAY_TOKEN": "t", "RELAY_LOOPS": "1", "RELAY_UPSTREAM_URL": "https://127.0.0.1:\(port)/v1",
        ])
        defer { relay.process.kill() }
        let client = try relay.connect()
        let answer = try client.exchange(
            "POST", EdgeBench.chat, fields: [WireField("X-Request-Id", "tls")], body: Array("{}".utf8))
        #expect((answer.status, answer.errorCode) == (502, "upstream_tls_failed"))
        let line = try #require(relay.waitForAccessLog(requestID: "tls"))
        #expect((line.string("outcome"), line.string("side")) == ("upstream_tls_failed", "upstream"))
        let metrics = try client.exchange("GET", "/metrics").bodyText
        #expect(metrics.contains("relay_upstream_errors_total{kind=\"tls\"} 1\n"))
    }
}

/// For a process that shall not resolve a name: a name server that does not answer is not waited for.
let quickResolver = ["RES_OPTIONS": "timeout:1 attempts:1", "LOCALDOMAIN": "invalid"]

private let openSSL = "/usr/bin/openssl"
private var hasOpenSSL: Bool { FileManager.default.isExecutableFile(atPath: openSSL) }

/// A port whose queue of unaccepted connections is full, so that further ones get no answer.
private final class FullListener {
    let port: UInt16
    private let descriptor: Int32
    private var fillers: [Int32] = []

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe bind(descriptor, raw, size) == 0 && listen(descriptor, 0) == 0
                    && getsockname(descriptor, raw, &size) == 0
            }
        }
        guard bound else { throw SupportError.system(operation: "listen", code: errno) }
        port = UInt16(bigEndian: address.sin_port)
        for _ in 0..<4 {
            let filler = socket(
                AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            fillers.append(filler)
            unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = unsafe connect(filler, $0, size)
                }
            }
        }
    }

    deinit { for descriptor in fillers + [descriptor] { close(descriptor) } }
}
