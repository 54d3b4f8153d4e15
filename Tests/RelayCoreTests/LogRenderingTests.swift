// SPDX-License-Identifier: Apache-2.0

import RelayBase
import RelayCore
import Testing

@Suite struct LogRenderingTests {
    private let time: Int64 = 1_764_164_630_007_999_999

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (1_764_164_630_007_999_999, "2025-11-26T13:43:50.007Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
        (1_709_251_199_999_000_000, "2024-02-29T23:59:59.999Z"),
        (1_709_251_200_000_000_000, "2024-03-01T00:00:00.000Z"),
        (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
        (4_107_542_399_000_000_000, "2100-02-28T23:59:59.000Z"),
        (-2_208_988_800_000_000_000, "1900-01-01T00:00:00.000Z"), (Int64.max, "2262-04-11T23:47:16.854Z"),
        (Int64.min, "1677-09-21T00:12:43.145Z"),
    ])
    func `Times are RFC 3339 with milliseconds`(_ nanoseconds: Int64, _ text: String) {
        #expect(Timestamp.rfc3339(unixNanoseconds: nanoseconds) == text)
    }

    @Test(arguments: [
        (Duration.zero, "0.000"), (.nanoseconds(999), "0.000"), (.microseconds(1), "0.001"),
        (.microseconds(1_234), "1.234"), (.milliseconds(60_010), "60010.000"), (.seconds(-1), "0.000"),
    ])
    func `Milliseconds have three decimals`(_ duration: Duration, _ text: String) {
        let record = LogRecord(.info, "event", ["took_ms": .milliseconds(duration)])
        let line = String(decoding: record.render(.text, unixNanoseconds: 0), as: UTF8.self)
        #expect(line.hasSuffix(" took_ms=\(text)\n"))
    }

    private var record: ExchangeRecord {
        var record = ExchangeRecord.chat()
        (record.upstreamStatus, record.bytesIn, record.bytesOut, record.pieces) = (200, 512, 20_480, 64)
        (record.queue, record.token) = (.zero, .microseconds(12))
        return record
    }

    @Test func `An access line in JSON has exactly the promised keys in their order`() throws {
        let line = String(decoding: record.accessLine(.json), as: UTF8.self)
        #expect(
            line == #"{"ts":"2025-11-26T13:43:50.007Z","level":"info","msg":"exchange","request_id":"r-1","#
                + #""client":"ragflow","endpoint":"chat/completions","method":"POST","path":"/v1/chat/completions","#
                + #""status":200,"upstream_status":200,"bytes_in":512,"bytes_out":20480,"pieces":64,"queue_ms":0.000,"#
                + #""token_ms":0.012,"first_byte_ms":250.000,"total_ms":1500.000,"outcome":"ok","side":null,"#
                + #""replayed":false}"# + "\n")
    }

    @Test func `An access line in text leaves out what is absent`() {
        var record = ExchangeRecord.chat(status: 504, client: nil, outcome: .failed(.upstreamTimeout(.firstByte)))
        record.firstByte = nil
        record.replayed = true
        record.path = "/v1/a b"
        #expect(
            String(decoding: record.accessLine(.text), as: UTF8.self)
                == "2025-11-26T13:43:50.007Z warn  exchange request_id=r-1 endpoint=chat/completions method=POST "
                + "path=\"/v1/a b\" status=504 bytes_in=0 bytes_out=0 pieces=0 total_ms=1500.000 "
                + "outcome=upstream_timeout side=upstream replayed=true\n")
    }

    @Test(arguments: everyFailure)
    func `Every key is there whatever happened`(_ failure: RelayFailure) throws {
        var record = ExchangeRecord(
            endedAt: time, requestID: "r", method: "GET", path: "/", status: failure.status)
        record.outcome = .failed(failure)
        guard case .object(let members) = try JSONValue(parsing: Array(record.accessLine(.json).dropLast())) else {
            Issue.record("no object")
            return
        }
        #expect(
            members.map(\.name) == [
                "ts", "level", "msg", "request_id", "client", "endpoint", "method", "path", "status",
                "upstream_status", "bytes_in", "bytes_out", "pieces", "queue_ms", "token_ms", "first_byte_ms",
                "total_ms", "outcome", "side", "replayed",
            ])
        #expect(members.first { $0.name == "side" }?.value.stringValue == failure.side.rawValue)
        #expect(members.first { $0.name == "level" }?.value.stringValue == failure.level.rawValue)
    }

    @Test(arguments: hostileTexts)
    func `No text of a client can forge a line`(_ text: String) throws {
        var record = ExchangeRecord.chat()
        (record.path, record.method, record.requestID, record.client) = (text, text, text, text)
        for line in [record.accessLine(.json), record.accessLine(.text)] {
            #expect(line.last == 0x0A && line.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            let scalars = String(decoding: line.dropLast(), as: UTF8.self).unicodeScalars
            #expect(scalars.allSatisfy { !(0x80...0x9F).contains($0.value) && !$0.properties.isBidiControl })
            #expect(scalars.allSatisfy { !["\u{2028}", "\u{2029}", "\u{FEFF}"].contains($0) })
        }
        let object = try JSONValue(parsing: Array(record.accessLine(.json).dropLast()))
        #expect(object["path"]?.stringValue == text)
        #expect(object["outcome"]?.stringValue == "ok")
        #expect(object["status"] == .number("200"))
        // In the text format a value with a space or an equals sign is quoted, so the fields can still be told apart.
        let line = String(decoding: record.accessLine(.text), as: UTF8.self)
        #expect(fields(line)["status"] == "200" && fields(line)["outcome"] == "ok")
    }

    /// `name=value` pairs; a quoted value may hold anything.
    private func fields(_ line: String) -> [String: String] {
        var result: [String: String] = [:]
        var (word, isQuoted, isEscaped) = ("", false, false)
        for character in line {
            if isEscaped {
                isEscaped = false
            } else if isQuoted && character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if !isQuoted && (character == " " || character == "\n") {
                let pair = word.split(separator: "=", maxSplits: 1)
                if pair.count == 2, result.updateValue(String(pair[1]), forKey: String(pair[0])) != nil { return [:] }
                word = ""
                continue
            }
            word.append(character)
        }
        return result
    }

    @Test func `Long values are cut and say so`() throws {
        var record = ExchangeRecord.chat()
        record.path = String(repeating: "é\n", count: 8_000)
        for format in [LogConfiguration.Format.json, .text] { #expect(record.accessLine(format).count < 1_600) }
        let object = try JSONValue(parsing: Array(record.accessLine(.json).dropLast()))
        #expect(object["path"]?.stringValue?.hasSuffix("...") == true)
    }

    @Test func `Other events look the same`() {
        let record = LogRecord(
            .warn, "token renewal failed",
            ["trigger": "timer", "generation": 7, "again": true, "in_ms": .milliseconds(.seconds(2)), "code": .null])
        #expect(
            String(decoding: record.render(.json, unixNanoseconds: 0), as: UTF8.self)
                == #"{"ts":"1970-01-01T00:00:00.000Z","level":"warn","msg":"token renewal failed","trigger":"timer","#
                + #""generation":7,"again":true,"in_ms":2000.000,"code":null}"# + "\n")
        #expect(
            String(decoding: record.render(.text, unixNanoseconds: 0), as: UTF8.self)
                == "1970-01-01T00:00:00.000Z warn  token renewal failed trigger=timer generation=7 again=true "
                + "in_ms=2000.000\n")
    }

    @Test func `A probe that went well is told only to who debugs`() {
        var probe = ExchangeRecord.chat()
        probe.endpoint = .readiness
        #expect(probe.level == .debug)
        probe.outcome = .failed(.internal)
        #expect(probe.level == .error)
        #expect(ExchangeRecord.chat().level == .info)
    }

    @Test(arguments: LogLevel.allCases)
    func `Lines below the level are not written, nor their fields made`(_ level: LogLevel) {
        let sink = CollectingSink()
        let log = Log(level: level, format: .json, sink: sink, now: { 0 })
        var made = 0
        func fields() -> Log.Fields {
            made += 1
            return [:]
        }
        log.debug("event", fields())
        log.info("event", fields())
        log.warn("event", fields())
        log.error("event", fields())
        log.exchange(.chat())
        log.exchange(.chat(outcome: .failed(.upstreamReset)))
        log.exchange(.chat(outcome: .failed(.internal)))
        let passed = LogLevel.allCases.filter { $0 >= level }
        #expect(made == passed.count)
        #expect(sink.lines.count == passed.count + [.info, .warn, .error].count { $0 >= level })
    }
}
