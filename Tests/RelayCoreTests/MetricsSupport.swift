// SPDX-License-Identifier: Apache-2.0

import RelayBase
import RelayCore

/// A strict reader of the Prometheus text format 0.0.4, written from its description and not from the relay's writer.
struct Exposition {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
        init(_ problem: String, _ line: Substring) { description = "\(problem): \(line)" }
    }

    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    struct Family {
        let name: String
        let type: String
        var samples: [Sample] = []
    }

    private(set) var families: [Family] = []

    init(_ bytes: [UInt8]) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Malformed("not UTF-8", "") }
        guard text.hasSuffix("\n") else { throw Malformed("no line end at the end", text.suffix(20)) }
        var help: Substring?
        var seen = Set<String>()
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("# HELP ") {
                let words = line.split(separator: " ", maxSplits: 3)
                guard words.count == 4, help == nil else { throw Malformed("bad HELP", line) }
                help = words[2]
            } else if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ", omittingEmptySubsequences: false)
                guard words.count == 4, words[2] == help, ["counter", "gauge", "histogram"].contains(words[3]) else {
                    throw Malformed("bad TYPE", line)
                }
                help = nil
                families.append(Family(name: String(words[2]), type: String(words[3])))
            } else {
                let sample = try Self.sample(line)
                guard help == nil, var family = families.popLast() else { throw Malformed("sample without TYPE", line) }
                let suffixes = family.type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
                guard suffixes.contains(where: { family.name + $0 == sample.name }) else {
                    throw Malformed("sample of another family", line)
                }
                guard seen.insert("\(sample.name) \(sample.labels.sorted { $0.key < $1.key })").inserted else {
                    throw Malformed("series twice", line)
                }
                family.samples.append(sample)
                families.append(family)
            }
        }
        guard Set(families.map(\.name)).count == families.count else { throw Malformed("family twice", "") }
    }

    private static func sample(_ line: Substring) throws -> Sample {
        var rest = line
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            repeat {
                rest = rest.dropFirst()
                let label = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                rest = rest.dropFirst(label.count)
                guard !label.isEmpty, rest.hasPrefix("=\"") else { throw Malformed("bad label", line) }
                rest = rest.dropFirst(2)
                guard labels.updateValue(try value(&rest, line), forKey: String(label)) == nil else {
                    throw Malformed("label twice", line)
                }
            } while rest.first == ","
            guard rest.first == "}" else { throw Malformed("labels not closed", line) }
            rest = rest.dropFirst()
        }
        guard !name.isEmpty, rest.first == " ", let number = Double(rest.dropFirst()) else {
            throw Malformed("bad sample", line)
        }
        return Sample(name: String(name), labels: labels, value: number)
    }

    private static func value(_ rest: inout Substring, _ line: Substring) throws -> String {
        var value = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return value
            case "\\":
                guard let escape = rest.popFirst(), let plain = ["n": "\n", "\\": "\\", "\"": "\""][escape] else {
                    throw Malformed("bad escape", line)
                }
                value += plain
            default: value.append(character)
            }
        }
        throw Malformed("value not closed", line)
    }

    func family(_ name: String) -> Family? { families.first { $0.name == name } }

    /// The value of the one sample of `name` that has these labels, and perhaps others.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let matches = families.joined().filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        return matches.count == 1 ? matches.first?.value : nil
    }

    /// The sum over all series of a family.
    func total(_ name: String) -> Double { family(name)?.samples.reduce(0) { $0 + $1.value } ?? 0 }
}

extension [Exposition.Family] {
    fileprivate func joined() -> [Exposition.Sample] { flatMap(\.samples) }
}

extension ExchangeRecord {
    /// A chat that went well.
    static func chat(
        status: Int = 200, client: String? = "ragflow", outcome: ExchangeOutcome = .ok, id: String = "r-1",
        endedAt: Int64 = 1_764_164_630_007_000_000
    ) -> ExchangeRecord {
        var record = ExchangeRecord(
            endedAt: endedAt, requestID: id, method: "POST", path: "/v1/chat/completions", status: status)
        record.endpoint = .chatCompletions
        record.client = client
        record.outcome = outcome
        record.total = .milliseconds(1_500)
        record.firstByte = .milliseconds(250)
        record.overhead = .microseconds(40)
        return record
    }
}

extension Instant {
    static func seconds(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
}
