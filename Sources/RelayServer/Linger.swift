// SPDX-License-Identifier: Apache-2.0
import RelayBase

/// How long a connection that has ended its own side waits for the client to end its: as long as bytes keep coming,
/// within bounds.
struct Linger {
    /// From byte to byte.
    private static let gap: Duration = .seconds(2)
    /// In all.
    private static let limit: Duration = .seconds(30)

    private(set) var deadline: Instant
    private let end: Instant

    init(from now: Instant) { (deadline, end) = (now + Self.gap, now + Self.limit) }

    mutating func bytesArrived(at now: Instant) { deadline = min(now + Self.gap, end) }
}
