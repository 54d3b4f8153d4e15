// SPDX-License-Identifier: Apache-2.0

/// What the relay may write into a client's event stream by itself.
package enum EventStreamError {
    /// The last event of a torn stream.
    ///
    /// It opens with an empty line, since the tear may be in the middle of an event.
    package static let interrupted = Array(
        ("\n\ndata: {\"error\":{\"message\":\"relay: upstream stream interrupted\",\"type\":\"relay_error\","
            + "\"code\":\"upstream_stream_interrupted\"}}\n\n").utf8)

    /// A comment, written only between events.
    package static let heartbeat = Array(": keep-alive\n\n".utf8)
}
