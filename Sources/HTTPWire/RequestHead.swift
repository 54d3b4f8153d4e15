// SPDX-License-Identifier: Apache-2.0

/// How the end of a request body is found (RFC 9112 §6.3).
package enum BodyFraming: Equatable, Sendable {
    case none, length(UInt64), chunked
}

/// A request's line and fields, after every check that the grammar asks for.
package struct RequestHead: Equatable, Sendable {
    /// Any token, in its own case.
    package var method: String
    package var target: RequestTarget
    /// 0 or 1; a later minor version is read as 1 (RFC 9110 §2.5).
    package var minorVersion: Int
    /// As received, except that the authority of an absolute-form target has replaced `Host` (RFC 9112 §3.2.2).
    package var fields: FieldSection
    package var framing: BodyFraming
    /// Whether the client lets the connection live on, from the version and `Connection` (RFC 9112 §9.3).
    package var keepAlive: Bool
    /// Whether the client waits for 100 before it sends the body (RFC 9110 §10.1.1).
    package var expectsContinue: Bool

    package init(
        method: String, target: RequestTarget, minorVersion: Int = 1, fields: FieldSection = [:],
        framing: BodyFraming = .none, keepAlive: Bool = true, expectsContinue: Bool = false
    ) {
        self.method = method
        self.target = target
        self.minorVersion = minorVersion
        self.fields = fields
        self.framing = framing
        self.keepAlive = keepAlive
        self.expectsContinue = expectsContinue
    }
}
