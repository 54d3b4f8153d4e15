// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore

extension RelayFailure {
    /// What a client is told of a request that the parser refuses.
    init(_ error: ParseError, _ limits: LimitConfiguration) {
        switch error.status {
        case 414: self = .uriTooLong(limit: limits.maxTarget)
        case 417: self = .expectationFailed
        case 431:
            self =
                error == .tooManyFields || error == .tooManyTrailers
                ? .headersTooLarge(.fields(limits.maxFields)) : .headersTooLarge(.bytes(limits.maxHeader))
        case 501: self = .notImplemented
        case 505: self = .versionNotSupported
        default: self = .badRequest(error.text)
        }
    }
}
