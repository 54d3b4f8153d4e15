// SPDX-License-Identifier: Apache-2.0

import RelayBase

/// One event worth a line: a constant message, and fields in order.
///
/// Message and names are constants by type, so that a secret can only get in as a value, and `Secret` prints no value.
package struct LogRecord: Sendable {
    package var level: LogLevel
    package var message: StaticString
    package var fields: [LogField]

    package init(_ level: LogLevel, _ message: StaticString, _ fields: KeyValuePairs<StaticString, LogValue> = [:]) {
        (self.level, self.message) = (level, message)
        self.fields = fields.map { LogField($0.key, $0.value) }
    }
}

/// A constant name and its value.
package struct LogField: Sendable {
    package var name: StaticString
    package var value: LogValue
    package init(_ name: StaticString, _ value: LogValue) { (self.name, self.value) = (name, value) }
}

/// The value of a log field.
package enum LogValue: Sendable {
    /// Cut after 1024 bytes.
    case string(String)
    /// A body: cut only after 6 MiB, which 1 MiB does not pass even if every byte needs an escape.
    case body(String)
    case int(Int64)
    case uint(UInt64)
    case bool(Bool)
    /// Milliseconds with three decimals.
    case milliseconds(Duration)
    /// `null` in JSON; in the text format the field is left out.
    case null
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }

    /// `null` for nil.
    package init(_ text: String?) { self = text.map { .string($0) } ?? .null }
    package init(_ number: Int?) { self = number.map { .int(Int64($0)) } ?? .null }
    package init(_ duration: Duration?) { self = duration.map { .milliseconds($0) } ?? .null }
}

extension LogRecord {
    /// The whole line, its line end included.
    package func render(_ format: LogConfiguration.Format, unixNanoseconds: Int64) -> [UInt8] {
        var line = LogLine(format, level, message, unixNanoseconds: unixNanoseconds)
        for field in fields { line.add(field.name, field.value) }
        return line.finished()
    }
}
