// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

extension StreamSocket {
    /// True once the peer's process has read all that was sent, by the kernel's table of connections; IPv4 only.
    ///
    /// So a server can send piece by piece without a guess at how long its client takes to read.
    package func waitUntilTaken(timeout: Duration = hangLimit) -> Bool {
        guard let near = address(getsockname), let far = address(getpeername) else { return false }
        return eventually(within: timeout) {
            guard let table = try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8) else { return false }
            // Each line: number, own address, peer's address, state, bytes to send and bytes to read.
            func queues(_ own: String, _ peer: String) -> [Substring]? {
                for line in table.split(separator: "\n") {
                    let columns = line.split(separator: " ")
                    if columns.count > 4, columns[1] == own, columns[2] == peer {
                        return columns[4].split(separator: ":")
                    }
                }
                return nil
            }
            // A client that has left waits for nothing any more.
            guard let sent = queues(near, far), let read = queues(far, near) else { return true }
            return Int(sent[0], radix: 16) == 0 && Int(read[1], radix: 16) == 0
        }
    }

    private typealias Question = (
        Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?
    ) -> Int32

    /// The address as /proc/net/tcp has it: host and port in hexadecimal.
    private func address(_ ask: Question) -> String? {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = try? use { descriptor in
            unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe ask(descriptor, $0, &size) }
            }
        }
        guard result == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
        let port = String(UInt16(bigEndian: address.sin_port), radix: 16, uppercase: true)
        let host = String(address.sin_addr.s_addr, radix: 16, uppercase: true)
        func padded(_ text: String, _ width: Int) -> String { String(repeating: "0", count: width - text.count) + text }
        return "\(padded(host, 8)):\(padded(port, 4))"
    }
}
