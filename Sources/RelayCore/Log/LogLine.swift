// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayBase

/// One line of the log in the making.
///
/// JSON: one object, `ts`, `level`, `msg` first. Text: time, level and message, then `name=value`, quoted where a value
/// is not plain.
struct LogLine {
    private let format: LogConfiguration.Format
    private var bytes: [UInt8] = []

    init(_ format: LogConfiguration.Format, _ level: LogLevel, _ message: StaticString, unixNanoseconds: Int64) {
        self.format = format
        bytes.reserveCapacity(512)
        switch format {
        case .json:
            bytes.append(contentsOf: "{\"ts\":\"".utf8)
            Timestamp.append(unixNanoseconds: unixNanoseconds, to: &bytes)
            bytes.append(contentsOf: "\",\"level\":\"".utf8)
            bytes.append(contentsOf: level.rawValue.utf8)
            bytes.append(contentsOf: "\",\"msg\":\"".utf8)
            LogText.append(message.description, limit: 1_024, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        case .text:
            Timestamp.append(unixNanoseconds: unixNanoseconds, to: &bytes)
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: level.rawValue.utf8)
            bytes.append(contentsOf: repeatElement(0x20, count: max(6 - level.rawValue.utf8.count, 1)))
            LogText.append(message.description, limit: 1_024, to: &bytes)
        }
    }

    mutating func add(_ name: StaticString, _ value: LogValue) { add(Self.lead(name.description, format), value) }

    /// - Parameter lead: of `lead(_:_:)`, in this line's format.
    mutating func add(_ lead: [UInt8], _ value: LogValue) {
        switch format {
        case .json:
            bytes.append(contentsOf: lead)
            value.appendJSON(to: &bytes)
        case .text:
            if case .null = value { return }
            bytes.append(contentsOf: lead)
            value.appendText(to: &bytes)
        }
    }

    /// What stands before the value of a field: separator, name and sign.
    static func lead(_ name: String, _ format: LogConfiguration.Format) -> [UInt8] {
        Array((format == .json ? ",\"\(name)\":" : " \(name)=").utf8)
    }

    /// The whole line, its line end included.
    consuming func finished() -> [UInt8] {
        if format == .json { bytes.append(UInt8(ascii: "}")) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}

extension LogValue {
    private static let stringLimit = 1_024
    private static let bodyLimit = 6 << 20

    func appendJSON(to line: inout [UInt8]) {
        switch self {
        case .string(let text): Self.appendQuoted(text, limit: Self.stringLimit, to: &line)
        case .body(let text): Self.appendQuoted(text, limit: Self.bodyLimit, to: &line)
        case .int(let number) where number >= 0: line.append(decimal: number, digits: 1)
        case .int(let number): line.append(contentsOf: String(number).utf8)
        case .uint(let number):
            if let number = Int64(exactly: number) {
                line.append(decimal: number, digits: 1)
            } else {
                line.append(contentsOf: String(number).utf8)
            }
        case .bool(let flag): line.append(contentsOf: (flag ? "true" : "false").utf8)
        case .milliseconds(let duration):
            let microseconds = max(duration.nanoseconds, 0) / 1_000
            line.append(decimal: microseconds / 1_000, digits: 1)
            line.append(UInt8(ascii: "."))
            line.append(decimal: microseconds % 1_000, digits: 3)
        case .null: line.append(contentsOf: "null".utf8)
        }
    }

    func appendText(to line: inout [UInt8]) {
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
