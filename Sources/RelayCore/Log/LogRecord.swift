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
    ///
    /// JSON: one object, `ts`, `level`, `msg` first. Text: time, level and message, then `name=value`, quoted where a
    /// value is not plain.
    package func render(_ format: LogConfiguration.Format, unixNanoseconds: Int64) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(512)
        switch format {
        case .json:
            line.append(contentsOf: "{\"ts\":\"".utf8)
            Timestamp.append(unixNanoseconds: unixNanoseconds, to: &line)
            line.append(contentsOf: "\",\"level\":\"".utf8)
            line.append(contentsOf: level.rawValue.utf8)
            line.append(contentsOf: "\",\"msg\":\"".utf8)
            LogText.append(message.description, limit: 1_024, to: &line)
            line.append(UInt8(ascii: "\""))
            for field in fields {
                line.append(contentsOf: ",\"".utf8)
                line.append(contentsOf: field.name.description.utf8)
                line.append(contentsOf: "\":".utf8)
                field.value.appendJSON(to: &line)
            }
            line.append(UInt8(ascii: "}"))
        case .text:
            Timestamp.append(unixNanoseconds: unixNanoseconds, to: &line)
            line.append(UInt8(ascii: " "))
            line.append(contentsOf: level.rawValue.utf8)
            line.append(contentsOf: repeatElement(0x20, count: max(6 - level.rawValue.utf8.count, 1)))
            LogText.append(message.description, limit: 1_024, to: &line)
            for field in fields {
                if case .null = field.value { continue }
                line.append(UInt8(ascii: " "))
                line.append(contentsOf: field.name.description.utf8)
                line.append(UInt8(ascii: "="))
                field.value.appendText(to: &line)
            }
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }
}

extension LogValue {
    private static let stringLimit = 1_024
    private static let bodyLimit = 6 << 20

    fileprivate func appendJSON(to line: inout [UInt8]) {
        switch self {
        case .string(let text): Self.appendQuoted(text, limit: Self.stringLimit, to: &line)
        case .body(let text): Self.appendQuoted(text, limit: Self.bodyLimit, to: &line)
        case .int(let number) where number >= 0: line.append(decimal: number, digits: 1)
        case .int(let number): line.append(contentsOf: String(number).utf8)
        case .uint(let number): line.append(contentsOf: String(number).utf8)
        case .bool(let flag): line.append(contentsOf: (flag ? "true" : "false").utf8)
        case .milliseconds(let duration):
            let microseconds = max(duration.nanoseconds, 0) / 1_000
            line.append(decimal: microseconds / 1_000, digits: 1)
            line.append(UInt8(ascii: "."))
            line.append(decimal: microseconds % 1_000, digits: 3)
        case .null: line.append(contentsOf: "null".utf8)
        }
    }

    fileprivate func appendText(to line: inout [UInt8]) {
        switch self {
        case .string(let text) where LogText.isPlain(text) && text.utf8.count <= Self.stringLimit:
            line.append(contentsOf: text.utf8)
        case .string, .body, .int, .uint, .bool, .milliseconds, .null: appendJSON(to: &line)
        }
    }

    private static func appendQuoted(_ text: String, limit: Int, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        LogText.append(text, limit: limit, to: &line)
        line.append(UInt8(ascii: "\""))
    }
}
