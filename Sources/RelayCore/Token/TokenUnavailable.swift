// SPDX-License-Identifier: Apache-2.0

/// Why a request gets no token, or no newer one.
package struct TokenUnavailable: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The fetch failed, or an earlier one did and the next is not due yet.
        case failed(TokenFetchFailure)
        /// The request's own limit passed first.
        case waited(lastFailure: TokenFetchFailure?)
        /// The token was refused, but forced renewals are cooling down.
        case coolingDown
        /// The token was refused, and its source knows no other.
        case notRenewable
        /// The cache was stopped.
        case stopping
        /// The waiting task was cancelled.
        case cancelled
    }

    package var reason: Reason
    /// Time until asking again makes sense.
    package var retryAfter: Duration

    package init(_ reason: Reason, retryAfter: Duration = .seconds(1)) {
        (self.reason, self.retryAfter) = (reason, retryAfter)
    }

    /// For the `Retry-After` field: whole seconds, rounded up, 1 to 300.
    package var retryAfterSeconds: Int {
        let parts = retryAfter.components
        let rounded = parts.attoseconds > 0 ? parts.seconds + 1 : parts.seconds
        return Int(min(max(rounded, 1), 300))
    }

    /// The class of the failure, a closed set for logs and metrics.
    package var label: String {
        switch reason {
        case .failed(let failure): failure.label
        case .waited: "waited"
        case .coolingDown: "cooling_down"
        case .notRenewable: "not_renewable"
        case .stopping: "stopping"
        case .cancelled: "cancelled"
        }
    }

    /// The failed fetch behind it, if there is one.
    package var failure: TokenFetchFailure? {
        switch reason {
        case .failed(let failure): failure
        case .waited(let failure): failure
        case .coolingDown, .notRenewable, .stopping, .cancelled: nil
        }
    }
}
