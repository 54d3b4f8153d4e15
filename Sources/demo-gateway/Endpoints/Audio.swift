// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport

/// `audio/…` and `images/…`.
extension Gateway {
    func serveTranscription(_ exchange: Exchange) throws {
        guard let form = try exchange.readForm() else { return }
        guard let file = form.files.first(where: { $0.field == "file" }) else {
            return try exchange.fail(400, "file is needed.", type: "invalid_request_error")
        }
        let digest = file.hash.hexDigest()
        let text = "Demo transcription 演示 of \(file.name): \(file.hash.count) bytes, sha256 \(digest)."
        let fields = [
            WireField("X-Demo-File-Bytes", "\(file.hash.count)"), WireField("X-Demo-File-SHA256", digest),
        ]
        switch form.values["response_format"] ?? "json" {
        case "text": try exchange.respond(type: "text/plain; charset=utf-8", Array((text + "\n").utf8), fields: fields)
        case "verbose_json":
            let segment: JSON = ["id": 0, "start": 0.0, "end": 1.5, "text": .string(text)]
            try exchange.respond(
                [
                    "task": "transcribe", "language": "english", "duration": 1.5, "text": .string(text),
                    "segments": [segment],
                ], fields: fields)
        default: try exchange.respond(["text": .string(text)], fields: fields)
        }
    }

    func serveSpeech(_ exchange: Exchange) throws {
        guard let body = try exchange.readJSON() else { return }
        guard let input = body["input"]?.text else {
            return try exchange.fail(400, "input is needed.", type: "invalid_request_error")
        }
        let type =
            switch body["response_format"]?.text ?? "mp3" {
            case "wav": "audio/wav"
            case "opus": "audio/ogg"
            case "aac": "audio/aac"
            case "flac": "audio/flac"
            case "pcm": "audio/pcm"
            default: "audio/mpeg"
            }
        let count = exchange.wish.pieces ?? min(200, 8 + input.utf8.count / 16)
        var generator = SplitMix64(seed: UInt64(input.utf8.count))
        let pieces = (0..<count).map { _ in
            (0..<512).flatMap { _ -> [UInt8] in
                let word = generator.next()
                return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
            }
        }
        try exchange.stream(type: type, pieces)
    }

    func serveImages(_ exchange: Exchange) throws {
        if exchange.request.path.hasSuffix("generations") {
            guard try exchange.readJSON() != nil else { return }
        } else {
            guard try exchange.readForm() != nil else { return }
        }
        // One transparent pixel.
        let pixel =
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
        try exchange.respond(["created": Text.now, "data": [["b64_json": .string(pixel)]]])
    }
}
