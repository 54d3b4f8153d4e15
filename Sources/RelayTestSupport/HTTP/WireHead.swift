// SPDX-License-Identifier: Apache-2.0

/// One field line as it was on the wire; each byte is one Latin-1 character, so nothing is lost.
package struct WireField: Sendable, Equatable, CustomStringConvertible {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    package var description: String { "\(name): \(value)" }
}

/// The head of a message, read leniently: what the peer sent is what the test sees.
package struct WireHead: Sendable, Equatable {
    /// All bytes with the empty line.
    package let bytes: [UInt8]
    /// Request line or status line.
    package let startLine: String
    /// In wire order, duplicates and spelling kept; values without surrounding blanks.
    package let fields: [WireField]

    package init(parsing bytes: [UInt8]) throws {
        self.bytes = bytes
        var lines = latin1(bytes).split(separator: "\r\n", omittingEmptySubsequences: true).map(String.init)
        guard let first = lines.first else { throw SupportError.malformed("empty head") }
        lines.removeFirst()
        startLine = first
        fields = try lines.map { line in
            guard let colon = line.firstIndex(of: ":") else { throw SupportError.malformed("field line \"\(line)\"") }
            let value = line[line.index(after: colon)...]
            return WireField(String(line[..<colon]), value.trimmingBlanks)
        }
    }

    /// Values of all fields of that name, in order.
    package func values(of name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// Value of the first field of that name.
    package subscript(name: String) -> String? { values(of: name).first }
}

/// Text in which each byte is one character (ISO 8859-1).
package func latin1(_ bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(Unicode.Scalar(byte)) }
    return String(text)
}

extension Substring {
    var trimmingBlanks: String {
        var rest = self
        while let first = rest.first, first == " " || first == "\t" { rest = rest.dropFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest = rest.dropLast() }
        return String(rest)
    }
}
