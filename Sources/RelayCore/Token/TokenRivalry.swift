// SPDX-License-Identifier: Apache-2.0
package import RelayBase

/// Notices that somebody else renews the same token and thereby revokes ours (R15).
///
/// The sign: a token refused in the first half of its life whose replay with a newer one was accepted, twice within
/// ten minutes. An unaccepted replay is no sign: a path that always answers 401 refuses young tokens all day.
package struct TokenRivalry: Sendable {
    /// Young tokens refused that no replay has judged yet; only the newest few generations matter.
    private var refused: [UInt64] = []
    private var lastSign: Instant?
    private var hasWarned = false
    /// Signs seen since start.
    package private(set) var signs: UInt64 = 0

    static let window: Duration = .seconds(600)

    package init() {}

    /// The upstream refused `token`.
    package mutating func rejected(_ token: AccessToken, at now: TokenTime) {
        guard let lifetime = token.schedule?.lifetime, token.age(at: now) < lifetime / 2,
            !refused.contains(token.generation)
        else { return }
        refused.append(token.generation)
        if refused.count > 4 { refused.removeFirst() }
    }

    /// A replay with the token of `generation` was accepted; true if the one warning is due.
    package mutating func cured(_ generation: UInt64, at now: Instant) -> Bool {
        guard refused.contains(where: { $0 < generation }) else { return false }
        refused.removeAll { $0 < generation }
        signs += 1
        defer { lastSign = now }
        guard let lastSign, now - lastSign <= Self.window, !hasWarned else { return false }
        hasWarned = true
        return true
    }

    /// A replay with the token of `generation` was refused as well: the older token was not to blame.
    package mutating func uncured(_ generation: UInt64) {
        refused.removeAll { $0 < generation }
    }

    package mutating func reset() {
        (refused, lastSign, hasWarned) = ([], nil, false)
    }
}
