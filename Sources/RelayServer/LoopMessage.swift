// SPDX-License-Identifier: Apache-2.0
import RelayCore
import RelayUpstream

/// The closed set of what reaches a loop from other threads.
enum LoopMessage: Sendable {
    /// The gate has a place for that exchange.
    case placeGranted(ExchangeID)
    /// The token cache's answer.
    case token(ExchangeID, Result<AccessToken, TokenUnavailable>)
    /// What becomes of a request whose token was refused.
    case replay(ExchangeID, ReplayDecision)
    /// A page or scrape that another thread has put together.
    case answer(ExchangeID, LocalAnswer)
    case drain
    /// What still runs is torn; the loop says when that is done.
    case drainDeadline(done: @Sendable () -> Void)
}

/// Names an exchange of one loop; never used twice.
struct ExchangeID: Hashable, Sendable { let number: UInt64 }

/// An answer the relay makes itself.
struct LocalAnswer: Sendable {
    var status = 200
    var contentType = "application/json"
    var extra: [(name: String, value: String)] = []
    var body: [UInt8]
}
