// SPDX-License-Identifier: Apache-2.0

/// What a token source brings back from one fetch.
package struct TokenGrant: Sendable {
    /// What the token looks like, for display.
    package enum Kind: String, Hashable, Sendable { case opaque, jwt }

    package var value: Secret
    /// How long the token lives, counted from the moment before the fetch began (`TokenFetchContext.startedAt`).
    ///
    /// Nil: it has no end of its own (a static token, a file without an expiry). The source has already applied the
    /// fixed, default and maximum lifetimes. An end that has passed by the time the answer is here is not the
    /// source's business: the lifecycle refuses it as expired on arrival.
    package var lifetime: Duration?
    /// The issuer's hint when to renew, counted like `lifetime`; ignored outside (0, lifetime).
    package var refreshIn: Duration?
    package var kind: Kind
    /// What the operator should be told about this answer; each kind is told once.
    package var warnings: [TokenWarning]

    package init(
        value: Secret, lifetime: Duration?, refreshIn: Duration? = nil, kind: Kind = .opaque,
        warnings: [TokenWarning] = []
    ) {
        (self.value, self.lifetime, self.refreshIn) = (value, lifetime, refreshIn)
        (self.kind, self.warnings) = (kind, warnings)
    }
}
