// SPDX-License-Identifier: Apache-2.0

/// Blots credentials out of bytes that are about to be logged: known ones, and what looks like one.
enum SecretScrubber {
    private static let blot = Array("<redacted>".utf8)

    /// Names whose value is blotted out, in JSON, form and header spelling.
    private static let names: Set<String> = [
        "authorization", "proxy-authorization", "api-key", "api_key", "apikey", "x-api-key", "access_token",
        "refresh_token", "id_token", "client_secret", "password", "secret", "token", "cookie", "set-cookie",
    ]

    /// Fields whose value has several words when it stands in a header line.
    private static let lineNames: Set<String> = ["authorization", "proxy-authorization", "cookie", "set-cookie"]

    static func scrub(_ bytes: [UInt8], secrets: [Secret]) -> [UInt8] {
        var known = bytes
        // The longest first: one may be part of another.
        let values = secrets.map { Array($0.reveal.utf8) }.filter { $0.count >= 4 }.sorted { $0.count > $1.count }
        for value in values { known = replacing(value, in: known) }
        return scrubWords(known)
    }

    /// Also blots out a beginning of the secret, of 8 bytes or more, that the end of `bytes` cuts off.
    private static func replacing(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var offset = 0
        while offset < bytes.count {
            if bytes[offset] == secret[0] {
                let length = min(secret.count, bytes.count - offset)
                if length >= min(8, secret.count) && bytes[offset..<offset + length].elementsEqual(secret[..<length]) {
                    result.append(contentsOf: blot)
                    offset += length
                    continue
                }
            }
            result.append(bytes[offset])
            offset += 1
        }
        return result
    }

    /// Goes through the words, runs of characters that names and credentials are made of.
    private static func scrubWords(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var offset = 0
        while offset < bytes.count {
            guard isWord(bytes[offset]) else {
                result.append(bytes[offset])
                offset += 1
                continue
            }
            let start = offset
            while offset < bytes.count, isWord(bytes[offset]) { offset += 1 }
            let word = bytes[start..<offset]
            if looksLikeCredential(word) {
                result.append(contentsOf: blot)
                continue
            }
            result.append(contentsOf: word)
            guard let value = valueRange(after: word, in: bytes) else { continue }
            result.append(contentsOf: bytes[offset..<value.lowerBound])
            result.append(contentsOf: blot)
            offset = value.upperBound
        }
        return result
    }

    /// Where the value lies that belongs to `word`, if that is a name of a credential or the word Bearer.
    private static func valueRange(after word: ArraySlice<UInt8>, in bytes: [UInt8]) -> Range<Int>? {
        guard word.count <= 20 else { return nil }
        let name = String(decoding: word, as: UTF8.self).lowercased()
        let isScheme = name == "bearer"
        guard isScheme || names.contains(name) else { return nil }
        var start = word.endIndex
        var hasSeparator = isScheme
        var quote: UInt8?
        // Eight characters of quotes and white space on each side of the separator are enough.
        for offset in word.endIndex..<min(word.endIndex + 17, bytes.count) {
            let byte = bytes[offset]
            if byte == UInt8(ascii: ":") || byte == UInt8(ascii: "=") {
                guard !hasSeparator else { break }
                hasSeparator = true
                quote = nil
            } else if isQuote(byte) {
                // What follows the closing quote of a scheme's word is no credential.
                if isScheme { return nil }
                quote = byte
            } else if byte != 0x20, byte != 0x09, byte != UInt8(ascii: "\\") {
                break
            }
            start = offset + 1
        }
        guard hasSeparator, start > word.endIndex, start < bytes.count, !"{[,}]".utf8.contains(bytes[start]) else {
            return nil
        }
        let isEscaped = start >= 2 && bytes[start - 1] == quote && bytes[start - 2] == UInt8(ascii: "\\")
        let end = valueEnd(
            from: start, quote: quote, isEscaped: isEscaped, isLine: lineNames.contains(name), in: bytes)
        return start < end ? start..<end : nil
    }

    /// Up to the quote that opened it; without one, up to white space or a character that ends a member.
    ///
    /// - Parameters:
    ///   - isEscaped: the opening quote stood in a string itself, as `\"`, so the closing one does as well.
    ///   - isLine: without a quote the value is the rest of the line.
    private static func valueEnd(
        from start: Int, quote: UInt8?, isEscaped: Bool, isLine: Bool, in bytes: [UInt8]
    ) -> Int {
        var offset = start
        while offset < bytes.count {
            let byte = bytes[offset]
            if let quote {
                if byte == quote { return offset }
                if byte == UInt8(ascii: "\\") {
                    if isEscaped { return offset }
                    offset += 1
                }
            } else if byte < 0x20 || "\"'\\".utf8.contains(byte) || (!isLine && " ,&};".utf8.contains(byte)) {
                return offset
            }
            offset += 1
        }
        return bytes.count
    }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

    /// `sk-…` keys, and JSON web tokens.
    private static func looksLikeCredential(_ word: ArraySlice<UInt8>) -> Bool {
        word.count >= 20 && (word.starts(with: "sk-".utf8) || word.starts(with: "eyJ".utf8))
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: "+"),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
