// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport

/// Generated text: plausible, deterministic, with characters of one to four bytes.
enum Text {
    private static let phrases = [
        "A", " relay", " stands", " between", " the", " clients", " and", " the", " gateway", ",", " and", " renews",
        " its", " token", " in", " time", "; ", "令牌", "每", "五", "分钟", "更新", "一次", "，", "客户端", "毫不", "知情", "。",
        " Größe", " naïve", " Ωμέγα", " 👩‍💻", " 🚀", " ok", ".", " ",
    ]

    /// Pieces of an answer to `prompt`, `count` of them if given.
    static func answer(to prompt: String, pieces count: Int?) -> [String] {
        let start = ["You", " said", ": “", String(prompt.prefix(400)), "”. "]
        let wanted = count ?? start.count + phrases.count
        return (0..<wanted).map { $0 < start.count ? start[$0] : phrases[($0 - start.count) % phrases.count] }
    }

    /// A rough count of tokens, never 0.
    static func tokens(in text: String) -> Int { 1 + text.utf8.count / 4 }

    static func usage(prompt: Int, completion: Int) -> JSON {
        [
            "prompt_tokens": .int(prompt), "completion_tokens": .int(completion),
            "total_tokens": .int(prompt + completion), "prompt_tokens_details": ["cached_tokens": 0],
            "completion_tokens_details": ["reasoning_tokens": 0],
        ]
    }

    static var now: JSON { .int(Int(Date().timeIntervalSince1970)) }

    /// The text of a message's content, be it a string or parts.
    static func content(_ content: JSON?) -> String {
        if let text = content?.text { return text }
        return (content?.list ?? []).compactMap { $0["text"]?.text ?? $0["type"]?.text.map { "[\($0)]" } }
            .joined(separator: " ")
    }
}

/// Renders server-sent events in the dialect that was asked for.
struct EventWriter {
    private let newline: String
    private let comments: Bool
    private(set) var pieces: [[UInt8]] = []

    init(_ wish: Misbehaviour) {
        newline = wish.wantsCRLF ? "\r\n" : "\n"
        comments = wish.wantsComments
    }

    mutating func add(_ data: JSON, event: String? = nil) { add(text: data.rendered, event: event) }

    mutating func add(text: String, event: String? = nil) {
        var piece = comments && pieces.count % 3 == 0 ? ": demo — 注释\(newline)\(newline)" : ""
        if let event { piece += "event: \(event)\(newline)" }
        pieces.append(Array((piece + "data: \(text)\(newline)\(newline)").utf8))
    }
}
