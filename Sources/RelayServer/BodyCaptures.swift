// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// What `RELAY_LOG_BODIES` keeps of one exchange; an object of its own, since hardly any exchange has it.
///
/// **Isolation**: loop thread.
final class BodyCaptures {
    var request: BodyCapture
    var response: BodyCapture

    /// - Parameter empty: a capture that is on and holds nothing yet.
    init(_ empty: BodyCapture) { (request, response) = (empty, empty) }
}
