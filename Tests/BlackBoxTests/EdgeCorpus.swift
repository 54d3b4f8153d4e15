// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport
import Testing

/// A sample of the wire's corpus whose first head is refused, for sending through a real socket.
struct EdgeCorpus: Sendable, CustomTestStringConvertible {
    let name: String
    let wire: [UInt8]
    let status: Int

    var testDescription: String { name }

    /// All samples that need no limits of their own and fail before any head is complete.
    static func refusals() throws -> [EdgeCorpus] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../HTTPWireTests/Corpus")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "http" }
            .sorted { $0.path < $1.path }
            .compactMap { file in
                let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
                return try EdgeCorpus(name: file.deletingPathExtension().lastPathComponent, text: text)
            }
    }

    private init?(name: String, text: String) throws {
        guard let wire = text.range(of: "--- wire\n"), let events = text.range(of: "--- events\nfail "),
            !text.contains("\nlimits "), let status = Int(text[events.upperBound...].prefix(3))
        else { return nil }
        let end = text.index(events.lowerBound, offsetBy: 0)
        (self.name, self.status) = (name, status)
        self.wire = try Escapes.decode(text[wire.upperBound..<end])
    }
}
