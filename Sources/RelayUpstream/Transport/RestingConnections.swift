// SPDX-License-Identifier: Apache-2.0
import RelayLoop

/// Kept HTTP/1 connections, and those of them that must not serve again.
///
/// What upstream sends while nothing is owed would be taken for the answer to the next request, perhaps another
/// client's; and libcurl 7.88 takes a connection that upstream has closed for alive. So a connection that has anything
/// to read before a request goes out is shut down and not used. **Isolation**: its loop.
struct RestingConnections {
    /// What libcurl tells of the connection it has chosen.
    ///
    /// The local port alone is not enough: connections to different addresses may share it.
    struct Name: Hashable {
        var localPort: UInt16
        var peerHost: String
        var peerPort: UInt16
    }

    /// By descriptor, asked for once a connection, when its first request is over.
    private var names: [CInt: Name] = [:]
    private var descriptors: [Name: CInt] = [:]
    private var unfit: Set<Name> = []

    /// A transfer on that connection is over, and it is kept.
    mutating func keep(_ descriptor: CInt) {
        guard names[descriptor] == nil, let peer = SocketAddress.peer(of: descriptor) else { return }
        let name = Name(
            localPort: SocketAddress.localPort(of: descriptor), peerHost: peer.host, peerPort: peer.port)
        (names[descriptor], descriptors[name]) = (name, descriptor)
    }

    /// It must not serve again.
    mutating func condemn(_ descriptor: CInt) {
        guard let name = names[descriptor] else { return }
        unfit.insert(name)
        SystemCalls.shutdownBoth(descriptor)
    }

    /// Whether a request may go out there now; true for a connection that is new.
    mutating func mayServe(_ name: Name) -> Bool {
        if !unfit.isEmpty, unfit.contains(name) { return false }
        guard let descriptor = descriptors[name], SystemCalls.hasInput(descriptor) else { return true }
        condemn(descriptor)
        return false
    }

    mutating func closed(_ descriptor: CInt) {
        guard let name = names.removeValue(forKey: descriptor) else { return }
        if descriptors[name] == descriptor { descriptors[name] = nil }
        unfit.remove(name)
    }
}
