// SPDX-License-Identifier: Apache-2.0

import RelayBase
import RelayCore

/// Keeps every line it is given.
final class CollectingSink: LogSink {
    private let kept = Lock<[String]>([])

    func write(line: [UInt8]) {
        let text = String(decoding: line, as: UTF8.self)
        kept.withLock { $0.append(text) }
    }

    var lines: [String] { kept.withLock { $0 } }
}

/// Texts that try to end a line, forge one, or move the terminal.
let hostileTexts = [
    "/a\n{\"ts\":\"2026-01-01T00:00:00.000Z\",\"level\":\"error\",\"msg\":\"forged\"}", "/a\r\nforged",
    "a\u{0B}b\u{0C}c",
    "\u{85}next line", "\u{2028}line\u{2029}paragraph", "\u{1B}[2J\u{1B}]0;title\u{7}", "\u{0}\u{7F}\u{9B}31m",
    "\u{202E}reversed\u{2066}", "\u{FEFF}mark", "\u{E0041}tag", "quote\" backslash\\ end\\",
    "a b=c status=200 outcome=ok",
    "", " ", "=", "\"",
]
