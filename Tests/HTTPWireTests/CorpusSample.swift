// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPWire
import RelayTestSupport
import Testing

/// One file of the corpus: octets as a client sends them, and what the parser must say.
///
/// ```
/// # the rule in one line
/// limits target=7 fields=2           (only where the sample needs its own)
/// --- wire
/// GET / HTTP/1.1\r\n
/// Host: a\r\n
/// \r\n
/// --- events
/// head GET / HTTP/1.1 keep none      method, target, version, keep or close, framing
///   Host: a                          the fields
/// body hello                         all pieces of one body joined
/// end
/// fail 400 host                      status and cause; `more` stands for an unfinished message
/// ```
struct CorpusSample: Sendable, CustomTestStringConvertible {
    struct Malformed: Error { let file: String, reason: String }

    let name: String
    let limits: ParseLimits
    let wire: [UInt8]
    let events: String

    var testDescription: String { name }

    static func all() throws -> [CorpusSample] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "http" }
            .sorted { $0.path < $1.path }
            .map { file in
                let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
                return try CorpusSample(name: file.deletingPathExtension().lastPathComponent, text: text)
            }
    }

    init(name: String, text: String) throws {
        self.name = name
        guard let wire = text.range(of: "--- wire\n"), let events = text.range(of: "--- events\n"),
            wire.upperBound <= events.lowerBound, text.hasPrefix("# ")
        else { throw Malformed(file: name, reason: "a section is missing") }
        limits = try Self.limits(text[..<wire.lowerBound], name: name)
        self.wire = try Escapes.decode(text[wire.upperBound..<events.lowerBound])
        self.events = String(text[events.upperBound...])
    }

    private static func limits(_ preamble: Substring, name: String) throws -> ParseLimits {
        var limits = ParseLimits()
        for line in preamble.split(separator: "\n") where line.hasPrefix("limits ") {
            for setting in line.dropFirst("limits ".count).split(separator: " ") {
                let parts = setting.split(separator: "=")
                guard parts.count == 2, let value = Int(parts[1]) else {
                    throw Malformed(file: name, reason: "bad limit")
                }
                switch parts[0] {
                case "header": limits.maxHeader = value
                case "fields": limits.maxFields = value
                case "target": limits.maxTarget = value
                case "extensions": limits.maxChunkExtensions = value
                default: throw Malformed(file: name, reason: "unknown limit")
                }
            }
        }
        return limits
    }
}
