// SPDX-License-Identifier: Apache-2.0
import Glibc
import RelayLoop
import Testing

import func RelayTestSupport.eventually

@Suite("Listener")
struct ListenerTests {
    @Test("prints the address the kernel gave", arguments: [("127.0.0.1", "127.0.0.1:"), ("::1", "[::1]:")])
    func address(host: String, prefix: String) throws {
        let listener = try Listener(tcp: SocketAddress(host: host, port: 0))
        let bound = try SocketAddress(boundTo: listener.descriptor)
        #expect(bound.port > 0)
        #expect(bound.description == "\(prefix)\(bound.port)")
    }

    @Test("several listeners share one port")
    func reusePort() throws {
        let first = try Listener(tcp: SocketAddress(host: "127.0.0.1", port: 0))
        let port = try SocketAddress(boundTo: first.descriptor).port
        let second = try Listener(tcp: SocketAddress(host: "127.0.0.1", port: port))
        #expect(try SocketAddress(boundTo: second.descriptor).port == port)
    }

    @Test("an address counts as taken also by one who would share it")
    func requireFree() throws {
        let listener = try Listener(tcp: SocketAddress(host: "127.0.0.1", port: 0))
        let port = try SocketAddress(boundTo: listener.descriptor).port
        for host in ["127.0.0.1", "0.0.0.0"] {
            let address = try SocketAddress(host: host, port: port)
            #expect(throws: SystemCallError("bind", code: EADDRINUSE)) { try Listener.requireFree(address) }
        }
        try Listener.requireFree(SocketAddress(host: "127.0.0.1", port: 0))
        withExtendedLifetime(listener) {}
    }

    @Test("a stale socket file is replaced, a served one and a plain file are not")
    func unix() throws {
        let directory = "/tmp/listener-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        mkdir(directory, 0o700)
        defer { rmdir(directory) }
        let path = directory + "/s"
        do {
            let listener = try Listener(unixPath: path)
            #expect(try SocketAddress(boundTo: listener.descriptor).description == "unix:" + path)
            #expect(throws: SystemCallError("bind", code: EADDRINUSE)) { _ = try Listener(unixPath: path) }
        }
        do {
            // A program that another test starts holds the closed socket too, from its fork to its exec.
            var reopened: Listener?
            #expect(
                eventually {
                    reopened = try? Listener(unixPath: path)
                    return reopened != nil
                })
            let first = try #require(reopened)
            try first.duplicate().removeFile()
            #expect(access(path, F_OK) == 0)
            first.removeFile()
            #expect(access(path, F_OK) != 0)
            close(open(path, O_CREAT | O_WRONLY, 0o600))
            truncate(path, 1)
            first.removeFile()
            #expect(access(path, F_OK) == 0, "a file that has taken its place stays")
            unlink(path)
        }
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(throws: SystemCallError("bind", code: EADDRINUSE)) { _ = try Listener(unixPath: path) }
        unlink(path)
    }

    @Test("a host that does not resolve is an error, not a trap")
    func unresolved() {
        #expect(throws: SystemCallError.self) { _ = try SocketAddress(host: "no-such-host.invalid", port: 1) }
    }
}
