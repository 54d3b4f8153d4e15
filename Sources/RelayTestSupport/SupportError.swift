// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What can go wrong in the test's own tools.
package enum SupportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The time was over before the named thing happened.
    case timedOut(String)
    /// The peer sent FIN although more was due; the text names what.
    case closedByPeer(String)
    /// The peer sent RST.
    case resetByPeer
    /// This side has closed the socket already.
    case closed
    case system(operation: String, code: Int32)
    /// Bytes that are not the message they should be.
    case malformed(String)

    package var description: String {
        switch self {
        case .timedOut(let what): "timed out waiting for \(what)"
        case .closedByPeer(let what): "connection closed by the peer before \(what)"
        case .resetByPeer: "connection reset by the peer"
        case .closed: "socket used after it was closed"
        case .system(let operation, let code): "\(operation) failed with errno \(code)"
        case .malformed(let what): "malformed message: \(what)"
        }
    }
}
