// SPDX-License-Identifier: Apache-2.0
import RelayBase

/// Whether a client takes what it is sent; looked at several times within `RELAY_CLIENT_WRITE_TIMEOUT`.
///
/// A full socket asks for more only when a third of its buffer is free, which can be a megabyte: a client that plays
/// sound as it comes would seem to take nothing for a minute. So the kernel is asked what is yet to be taken.
struct TakingWatch {
    /// What the kernels pass on between themselves after a write looks like a client that takes, once; with so many looks
    /// it costs an eighth of the limit.
    private static let looks = 8

    private let limit: Duration
    private var untaken: Int
    private var takenAt: Instant
    private(set) var nextLook: Instant

    /// - Parameter untaken: bytes that the socket holds.
    init(limit: Duration, untaken: Int, at now: Instant) {
        (self.limit, self.untaken, takenAt) = (limit, untaken, now)
        nextLook = now + limit / Self.looks
    }

    /// Looks again; false once nothing has been taken for as long as the limit.
    mutating func isTaking(untaken now: Int, at instant: Instant) -> Bool {
        if now < untaken { takenAt = instant }
        untaken = now
        nextLook = min(instant + limit / Self.looks, takenAt + limit)
        return instant < takenAt + limit
    }
}
