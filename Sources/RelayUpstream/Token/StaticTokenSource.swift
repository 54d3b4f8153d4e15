// SPDX-License-Identifier: Apache-2.0
package import RelayCore

/// A token that never changes (`RELAY_TOKEN`): fetched once, never renewed.
package struct StaticTokenSource: TokenSource {
    private let reference: SecretReference

    package init(_ reference: SecretReference) { self.reference = reference }

    package var traits: TokenSourceTraits { TokenSourceTraits(isRenewable: false, isLocal: true) }

    package func fetch(_ context: TokenFetchContext) async throws(TokenFetchFailure) -> TokenGrant {
        var secrets = SecretReader()
        let value = try secrets.read(reference, name: "RELAY_TOKEN")
        if TokenValueCheck.problem(of: value) != nil { throw TokenFetchFailure(.illegalToken) }
        return TokenGrant(
            value: Secret(value), lifetime: nil, kind: JWTExpiry.isJWT(value) ? .jwt : .opaque,
            warnings: secrets.sawReadableByOthers ? [.readableByOthers] : [])
    }
}
