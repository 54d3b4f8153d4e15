// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayTestSupport

/// Takes a multipart/form-data body (RFC 7578) piece by piece; files go through a hash and are not kept.
struct Multipart {
    struct File: Sendable {
        var field: String
        var name: String
        var type: String
        var hash = SHA256()
    }

    private(set) var values: [String: String] = [:]
    private(set) var files: [File] = []
    /// True once the closing boundary has come.
    private(set) var isComplete = false

    private enum Place { case beforePart, partHead, value(String), file, done }

    private let delimiter: [UInt8]
    private var place = Place.beforePart
    private var buffer: [UInt8]
    private var value: [UInt8] = []

    /// Nil unless the content type is multipart/form-data with a boundary.
    init?(contentType: String?) {
        guard let contentType, contentType.lowercased().hasPrefix("multipart/form-data"),
            let start = contentType.range(of: "boundary=")
        else { return nil }
        let boundary = contentType[start.upperBound...].prefix { $0 != ";" }.filter { $0 != "\"" }
        delimiter = Array("\r\n--\(boundary)".utf8)
        // The first boundary has no line before it.
        buffer = [13, 10]
    }

    mutating func take(_ bytes: [UInt8]) {
        buffer += bytes
        while step() {}
    }

    /// False when more bytes are needed.
    private mutating func step() -> Bool {
        switch place {
        case .done:
            buffer = []
            return false
        case .partHead:
            guard let end = Self.find(Array("\r\n\r\n".utf8), in: buffer) else {
                if buffer.starts(with: [45, 45]) {
                    isComplete = true
                    place = .done
                    return true
                }
                return false
            }
            beginPart(latin1(buffer[..<end]))
            buffer.removeFirst(end + 4)
            return true
        case .beforePart, .value, .file:
            if let end = Self.find(delimiter, in: buffer) {
                content(Array(buffer[..<end]))
                if case .value(let name) = place { values[name] = String(decoding: value, as: UTF8.self) }
                buffer.removeFirst(end + delimiter.count)
                place = .partHead
                return true
            }
            let safe = buffer.count - delimiter.count
            if safe > 0 {
                content(Array(buffer[..<safe]))
                buffer.removeFirst(safe)
            }
            return false
        }
    }

    private mutating func content(_ bytes: [UInt8]) {
        switch place {
        case .file: files[files.count - 1].hash.update(bytes)
        case .value where value.count < 1 << 20: value += bytes
        default: break
        }
    }

    private mutating func beginPart(_ head: String) {
        var field = ""
        var fileName: String?
        var type = "application/octet-stream"
        for line in head.split(separator: "\r\n") {
            if line.lowercased().hasPrefix("content-disposition:") {
                field = Self.parameter("name", of: line) ?? ""
                fileName = Self.parameter("filename", of: line)
            } else if line.lowercased().hasPrefix("content-type:") {
                type = line.dropFirst(13).filter { $0 != " " }
            }
        }
        if let fileName {
            files.append(File(field: field, name: fileName, type: type))
            place = .file
        } else {
            value = []
            place = .value(field)
        }
    }

    private static func parameter(_ name: String, of line: Substring) -> String? {
        for parameter in line.split(separator: ";").dropFirst() {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0].filter({ $0 != " " }).lowercased() == name {
                return parts[1].filter { $0 != "\"" }
            }
        }
        return nil
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= needle.count else { return nil }
        let last = bytes.count - needle.count
        var index = 0
        while index <= last {
            // Most bytes are not the first of the needle.
            guard let next = bytes[index...last].firstIndex(of: needle[0]) else { return nil }
            if bytes[next..<(next + needle.count)].elementsEqual(needle) { return next }
            index = next + 1
        }
        return nil
    }
}

extension Exchange {
    /// The body as a form; nil after a 400 was sent because it is none.
    func readForm() throws -> Multipart? {
        guard var form = Multipart(contentType: request["Content-Type"]) else {
            try fail(400, "The body must be multipart/form-data.", type: "invalid_request_error")
            return nil
        }
        try forEachBodyPiece { form.take($0) }
        if !form.isComplete {
            try fail(400, "The multipart body is not complete.", type: "invalid_request_error")
            return nil
        }
        return form
    }
}
