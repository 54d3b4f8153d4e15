// SPDX-License-Identifier: Apache-2.0

/// A request as it arrived at a scripted server.
package struct RecordedRequest: Sendable, Equatable {
    package let head: WireHead
    package let method: String
    /// Exactly as on the request line, query included.
    package let target: String
    package let version: String
    package internal(set) var body: [UInt8]
    /// Number of the connection it came on, from 0.
    package let connection: Int
    /// Number of the request on its connection, from 0.
    package let indexOnConnection: Int

    package init(head: WireHead, connection: Int, indexOnConnection: Int) throws {
        let parts = head.startLine.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else { throw SupportError.malformed("request line \"\(head.startLine)\"") }
        self.head = head
        (method, target, version) = (parts[0], parts[1], parts[2])
        body = []
        self.connection = connection
        self.indexOnConnection = indexOnConnection
    }

    package var fields: [WireField] { head.fields }
    package var path: String { String(target.prefix { $0 != "?" }) }
    package var query: String? {
        guard let mark = target.firstIndex(of: "?") else { return nil }
        return String(target[target.index(after: mark)...])
    }
    package var bodyText: String { String(decoding: body, as: UTF8.self) }

    /// The token of `Authorization: Bearer`, if there is exactly one such field.
    package var bearerToken: String? {
        let values = head.values(of: "Authorization")
        guard values.count == 1, values[0].hasPrefix("Bearer ") else { return nil }
        return String(values[0].dropFirst(7))
    }

    package func values(of name: String) -> [String] { head.values(of: name) }
    package subscript(name: String) -> String? { head[name] }
}
