// SPDX-License-Identifier: Apache-2.0

extension ExchangeRecord {
    /// One line of the access log, its line end included; `ts` is when the exchange ended.
    ///
    /// The fields have a fixed order. Every key is there each time, `null` where there is nothing to say (the text format
    /// leaves those out). Times are milliseconds with three decimals.
    package func accessLine(_ format: LogConfiguration.Format) -> [UInt8] {
        var line = LogLine(format, level, "exchange", unixNanoseconds: endedAt)
        line.add("request_id", .string(requestID))
        line.add("client", LogValue(client))
        line.add("endpoint", .string(endpoint.label))
        line.add("method", .string(method))
        line.add("path", .string(path))
        line.add("status", .int(Int64(status)))
        line.add("upstream_status", LogValue(upstreamStatus))
        line.add("bytes_in", .uint(bytesIn))
        line.add("bytes_out", .uint(bytesOut))
        line.add("pieces", .uint(pieces))
        line.add("queue_ms", LogValue(queue))
        line.add("token_ms", LogValue(token))
        line.add("first_byte_ms", LogValue(firstByte))
        line.add("total_ms", .milliseconds(total))
        line.add("outcome", .string(outcome.label))
        line.add("side", LogValue(outcome.side?.rawValue))
        line.add("replayed", .bool(replayed))
        return line.finished()
    }
}
