// SPDX-License-Identifier: Apache-2.0
import RelayBase
import RelayCore
import RelayLoop

/// One address, one listener for each loop: opened before the loops exist, taken by them one by one.
final class ListenerSet: Sendable {
    /// As it can be called: with the port the kernel gave.
    let address: String
    private let listeners: Lock<[Int: Listener]>

    /// An address that cannot be had.
    struct Failure: Error, CustomStringConvertible {
        let variable: String
        let wanted: ListenAddress
        let error: SystemCallError

        var description: String { "\(variable): \"\(wanted.text)\" cannot be listened on: \(error)" }
    }

    /// - Parameter variable: which named the address.
    /// - Throws: what the kernel says of the address.
    init(_ wanted: ListenAddress, from variable: String, loops: Int) throws(Failure) {
        do throws(SystemCallError) {
            let opened: [Int: Listener]
            (address, opened) = try Self.open(wanted, loops: loops)
            listeners = Lock(opened)
        } catch {
            throw Failure(variable: variable, wanted: wanted, error: error)
        }
    }

    private static func open(_ wanted: ListenAddress, loops: Int) throws(SystemCallError) -> (String, [Int: Listener]) {
        var opened: [Int: Listener] = [:]
        switch wanted {
        case .tcp(let host, let port):
            if port != 0 { try Listener.requireFree(SocketAddress(host: host, port: port)) }
            let first = try Listener(tcp: SocketAddress(host: host, port: port))
            let bound = try SocketAddress(boundTo: first.descriptor)
            opened[0] = first
            for index in 1..<max(1, loops) {
                opened[index] = try Listener(tcp: SocketAddress(host: host, port: bound.port))
            }
            return (bound.description, opened)
        case .unix(let path):
            let first = try Listener(unixPath: path)
            opened[0] = first
            for index in 1..<max(1, loops) { opened[index] = try first.duplicate() }
            return ("unix:" + path, opened)
        }
    }

    /// The listener of that loop, once.
    func take(_ index: Int) -> Listener? { listeners.withLock { $0.removeValue(forKey: index) } }
}
