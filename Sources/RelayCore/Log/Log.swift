// SPDX-License-Identifier: Apache-2.0

/// Where lines go.
package protocol LogSink: Sendable {
    /// Takes one whole line, its line end included, and never waits for a slow reader.
    ///
    /// Lines of several threads may arrive at once; each must come out whole.
    func write(line: [UInt8])
}

/// The way to the log: level, format, clock and sink in one value to hand around.
package struct Log: Sendable {
    /// Lines below it are not even rendered.
    package let level: LogLevel
    private let format: LogConfiguration.Format
    private let sink: any LogSink
    /// Nanoseconds since 1970.
    private let now: @Sendable () -> Int64

    package init(
        level: LogLevel, format: LogConfiguration.Format, sink: any LogSink, now: @escaping @Sendable () -> Int64
    ) {
        (self.level, self.format, self.sink, self.now) = (level, format, sink, now)
    }

    package func write(_ record: LogRecord) {
        guard record.level >= level else { return }
        sink.write(line: record.render(format, unixNanoseconds: now()))
    }

    /// Writes the access-log line of an exchange.
    package func exchange(_ record: ExchangeRecord) {
        guard record.level >= level else { return }
        sink.write(line: record.accessLine(format))
    }

    package typealias Fields = KeyValuePairs<StaticString, LogValue>

    package func debug(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        if level <= .debug { write(LogRecord(.debug, message, fields())) }
    }

    package func info(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        if level <= .info { write(LogRecord(.info, message, fields())) }
    }

    package func warn(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        if level <= .warn { write(LogRecord(.warn, message, fields())) }
    }

    package func error(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        if level <= .error { write(LogRecord(.error, message, fields())) }
    }
}
