// SPDX-License-Identifier: Apache-2.0

/// The fields of an access line, in their order.
private enum AccessField: String, CaseIterable {
    case requestID = "request_id"
    case client, endpoint, method, path, status
    case upstreamStatus = "upstream_status"
    case bytesIn = "bytes_in"
    case bytesOut = "bytes_out"
    case pieces
    case queue = "queue_ms"
    case token = "token_ms"
    case firstByte = "first_byte_ms"
    case total = "total_ms"
    case outcome, side, replayed

    /// What stands before each value, made once: a line is written for every request.
    private static let json = allCases.map { (field: $0, lead: LogLine.lead($0.rawValue, .json)) }
    private static let text = allCases.map { (field: $0, lead: LogLine.lead($0.rawValue, .text)) }

    static func leads(_ format: LogConfiguration.Format) -> [(field: Self, lead: [UInt8])] {
        format == .json ? json : text
    }
}

extension ExchangeRecord {
    /// One line of the access log, its line end included; `ts` is when the exchange ended.
    ///
    /// The fields have a fixed order. Every key is there each time, `null` where there is nothing to say (the text format
    /// leaves those out). Times are milliseconds with three decimals.
    package func accessLine(_ format: LogConfiguration.Format) -> [UInt8] {
        var line = LogLine(format, level, "exchange", unixNanoseconds: endedAt)
        for (field, lead) in AccessField.leads(format) { line.add(lead, value(of: field)) }
        return line.finished()
    }

    private func value(of field: AccessField) -> LogValue {
        switch field {
        case .requestID: .string(requestID)
        case .client: LogValue(client)
        case .endpoint: .string(endpoint.label)
        case .method: .string(method)
        case .path: .string(path)
        case .status: .int(Int64(status))
        case .upstreamStatus: LogValue(upstreamStatus)
        case .bytesIn: .uint(bytesIn)
        case .bytesOut: .uint(bytesOut)
        case .pieces: .uint(pieces)
        case .queue: LogValue(queue)
        case .token: LogValue(token)
        case .firstByte: LogValue(firstByte)
        case .total: .milliseconds(total)
        case .outcome: .string(outcome.label)
        case .side: LogValue(outcome.side?.rawValue)
        case .replayed: .bool(replayed)
        }
    }
}
