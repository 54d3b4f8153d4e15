// SPDX-License-Identifier: Apache-2.0

extension ExchangeRecord {
    /// The access log's fields in their fixed order, after `ts`, `level` and `msg`.
    ///
    /// Every key is there each time, `null` where there is nothing to say (the text format leaves those out). Times are
    /// milliseconds with three decimals.
    package var logFields: [LogField] {
        [
            LogField("request_id", .string(requestID)),
            LogField("client", LogValue(client)),
            LogField("endpoint", .string(endpoint.label)),
            LogField("method", .string(method)),
            LogField("path", .string(path)),
            LogField("status", .int(Int64(status))),
            LogField("upstream_status", LogValue(upstreamStatus)),
            LogField("bytes_in", .uint(bytesIn)),
            LogField("bytes_out", .uint(bytesOut)),
            LogField("pieces", .uint(pieces)),
            LogField("queue_ms", LogValue(queue)),
            LogField("token_ms", LogValue(token)),
            LogField("first_byte_ms", LogValue(firstByte)),
            LogField("total_ms", .milliseconds(total)),
            LogField("outcome", .string(outcome.label)),
            LogField("side", LogValue(outcome.side?.rawValue)),
            LogField("replayed", .bool(replayed)),
        ]
    }

    /// One line of the access log, its line end included; `ts` is when the exchange ended.
    package func accessLine(_ format: LogConfiguration.Format) -> [UInt8] {
        var record = LogRecord(level, "exchange")
        record.fields = logFields
        return record.render(format, unixNanoseconds: endedAt)
    }
}
