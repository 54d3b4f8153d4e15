// SPDX-License-Identifier: Apache-2.0
package import RelayCore

/// Where tokens come from.
///
/// One fetch runs at a time, called by `TokenCache` alone.
package protocol TokenSource: Sendable {
    var traits: TokenSourceTraits { get }

    /// Obtains one token. Ends soon after its task is cancelled; never retries beyond what its protocol asks for.
    func fetch(_ context: TokenFetchContext) async throws(TokenFetchFailure) -> TokenGrant

    /// Whether a fetch would now bring something else than the last one did; asked every `traits.pollInterval`.
    func hasChanged() async -> Bool
}

extension TokenSource {
    package var traits: TokenSourceTraits { TokenSourceTraits() }
    package func hasChanged() async -> Bool { false }
}
