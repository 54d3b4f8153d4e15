// SPDX-License-Identifier: Apache-2.0

/// Something about the token the operator should know, told once until a reset.
package enum TokenWarning: String, CaseIterable, Hashable, Sendable {
    /// The answer names no expiry; the default lifetime is used.
    case defaultLifetime = "default_lifetime"
    /// The expiry is a date without a zone; the default lifetime is used.
    case zonelessExpiry = "zoneless_expiry"
    /// The answer's lifetime is above `RELAY_TOKEN_MAX_TTL` and was cut to it.
    case lifetimeClamped = "lifetime_clamped"
    /// The answer's `Date` is missing or absurd although the expiry is absolute; the local clock is used.
    case serverDateUnusable = "server_date_unusable"
    /// The secret or token file can be read by every user of the machine.
    case readableByOthers = "readable_by_others"
    /// The answer's token begins with `Bearer `, which was cut off.
    case schemeInToken = "scheme_in_token"
    /// Young tokens are refused by the upstream again and again: somebody else renews the same token.
    case rivalry

    /// The line for the log, free of secrets.
    package var text: String {
        switch self {
        case .defaultLifetime:
            "issuer's answer names no expiry, the default lifetime is used; set RELAY_TOKEN_TTL or RELAY_TOKEN_EXPIRY_FROM"
        case .zonelessExpiry:
            "issuer's expiry is a date without a time zone, the default lifetime is used; "
                + "set RELAY_TOKEN_EXPIRY_KIND=at_fmt:<format>@<zone>"
        case .lifetimeClamped:
            "issuer's lifetime is above the maximum and was cut; set RELAY_TOKEN_EXPIRY_KIND or RELAY_TOKEN_MAX_TTL"
        case .serverDateUnusable:
            "issuer sends an absolute expiry without a usable Date header, the local clock is used"
        case .readableByOthers:
            "a secret's file can be read by every user of this machine; take the permission away (chmod o-r)"
        case .schemeInToken:
            "issuer's token begins with \"Bearer \", which was cut off: RELAY_UPSTREAM_AUTH_SCHEME adds the scheme"
        case .rivalry:
            "upstream refused young tokens twice within 10 minutes: another replica or program seems to renew the "
                + "same token and thereby revokes this one; let one writer keep a token file "
                + "(tokenrelay token --watch --out FILE), use the issuer's stable or multi-token mode, or run one replica"
        }
    }
}
