// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import RelayLoop

/// One address, one listener for each loop: opened before the loops exist, taken by them one by one.
final class ListenerSet: Sendable {
    /// As it can be called: with the port the kernel gave.
    let address: String
    private let listeners: Lock<[Int: Listener]>

    /// - Throws: what the kernel says of the address.
    init(_ wanted: ListenAddress, loops: Int) throws(SystemCallError) {
        var opened: [Int: Listener] = [:]
        switch wanted {
        case .tcp(let host, let port):
            let first = try Listener(tcp: SocketAddress(host: host, port: port))
            let bound = try SocketAddress(boundTo: first.descriptor)
            address = bound.description
            opened[0] = first
            for index in 1..<max(1, loops) {
                opened[index] = try Listener(tcp: SocketAddress(host: host, port: bound.port))
            }
        case .unix(let path):
            let first = try Listener(unixPath: path)
            address = "unix:" + path
            for index in 1..<max(1, loops) { opened[index] = try first.duplicate() }
            opened[0] = first
        }
        listeners = Lock(opened)
    }

    /// The listener of that loop, once.
    func take(_ index: Int) -> Listener? { listeners.withLock { $0.removeValue(forKey: index) } }
}
