// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Runs a delegate callback where it is made: on the loop's thread, since the transport makes it there.
///
/// No hop.
///
/// `@unchecked`: it adds no state to `OperationQueue`, which is thread-safe, and its one method touches none.
final class InlineQueue: OperationQueue, @unchecked Sendable {
    override func addOperation(_ block: @escaping @Sendable () -> Void) { block() }
}
