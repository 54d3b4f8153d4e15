// SPDX-License-Identifier: Apache-2.0
import RelayLoop

/// Kept HTTP/1 connections, and those of them that must not serve again.
///
/// What upstream sends while nothing is owed would be taken for the answer to the next request, perhaps another
/// client's; and libcurl 7.88 takes a connection that upstream has closed for alive. So a connection that has anything
/// to read before a request goes out is shut down and not used. libcurl tells of a connection only its local port,
/// which names it here. **Isolation**: its loop.
struct RestingConnections {
    /// Local ports by descriptor, asked for once a connection, when its first request is over.
    private var ports: [CInt: UInt16] = [:]
    private var descriptors: [UInt16: CInt] = [:]
    private var unfit: Set<UInt16> = []

    /// A transfer on that connection is over, and it is kept.
    mutating func keep(_ descriptor: CInt) {
        guard ports[descriptor] == nil else { return }
        let port = SocketAddress.localPort(of: descriptor)
        (ports[descriptor], descriptors[port]) = (port, descriptor)
    }

    /// It must not serve again.
    mutating func condemn(_ descriptor: CInt) {
        guard let port = ports[descriptor] else { return }
        unfit.insert(port)
        SystemCalls.shutdownBoth(descriptor)
    }

    /// Whether a request may go out there now; true for a connection that is new.
    mutating func mayServe(_ port: UInt16) -> Bool {
        if unfit.contains(port) { return false }
        guard let descriptor = descriptors[port], SystemCalls.hasInput(descriptor) else { return true }
        condemn(descriptor)
        return false
    }

    mutating func closed(_ descriptor: CInt) {
        guard let port = ports.removeValue(forKey: descriptor) else { return }
        if descriptors[port] == descriptor { descriptors[port] = nil }
        unfit.remove(port)
    }
}
