// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

@Suite struct BodyMultipartTests {
    static let type = "multipart/form-data; boundary=XyZ"

    static func part(_ disposition: String, _ content: String, extra: String = "") -> String {
        "--XyZ\r\nContent-Disposition: \(disposition)\r\n\(extra)\r\n\(content)\r\n"
    }

    static func find(_ body: String, _ contentType: String = type) -> String? {
        BodyModelTests.find(body, contentType)
    }

    static let model = part("form-data; name=\"model\"", "whisper-1")
    static let file = part(
        "form-data; name=\"file\"; filename=\"a.wav\"",
        "RIFF\r\n\r\n--XyZa\r\n--Xy\r\n-- XyZ\r\n\"model\"\r\r\n\n--XyZ-",
        extra: "Content-Type: audio/wav\r\n")

    @Test(
        "The model field is found before, between and after files",
        arguments: [
            model + "--XyZ--\r\n", file + model + "--XyZ--", model + file + "--XyZ--\r\nepilogue",
            file + model + file + "--XyZ--\r\n", "preamble\r\n" + model + "--XyZ--", "\r\n" + model + "--XyZ--",
            part("form-data; name=\"prompt\"", "model") + model + "--XyZ--\r\n",
            part("FORM-DATA ; NAME = model", "whisper-1") + "--XyZ--\r\n",
            part("form-data;name=\"mo\\del\"", "whisper-1", extra: "X: y\r\nContent-Type: text/plain\r\n")
                + "--XyZ--\r\n",
            "--XyZ \t\r\ncontent-disposition:form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--XyZ--\r\n",
            part("form-data; name=\"model\"", "first") + model + "--XyZ--\r\n",
            model + part("form-data; name=\"model\"; filename=\"m\"", "a file") + "--XyZ--\r\n",
            model + part("form-data; name=\"model\"; filename*=UTF-8''m", "a file") + "--XyZ--\r\n",
            model + part("attachment; name=\"model\"", "no form data") + "--XyZ--\r\n",
            model + String(part("form-data; name=\"model\"", "torn").dropLast(1)),
            "--XyZ\r\n\r\n--XyZ\r\nno colon\r\n\r\n\r\n" + model + "--XyZ--\r\n",
            "--XyZ\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n" + model + "--XyZ--\r\n",
            model + "--XyZ--\r\n" + part("form-data; name=\"model\"", "after the end") + "--XyZ--\r\n",
        ])
    func finds(body: String) {
        #expect(Self.find(body) == "whisper-1")
    }

    @Test(
        "Boundaries are read quoted, unquoted, among other parameters and in any case",
        arguments: [
            "multipart/form-data; boundary=\"XyZ\"", "Multipart/Form-Data;BOUNDARY=XyZ",
            "multipart/form-data; charset=utf-8; boundary=XyZ ; x=y", " multipart/form-data ;  boundary = XyZ",
            "multipart/form-data; a=\"; boundary=no\"; boundary=\"X\\yZ\"",
            "multipart/form-data;;boundary=XyZ;boundary=no",
        ])
    func readsBoundary(contentType: String) {
        #expect(Self.find(Self.model + "--XyZ--\r\n", contentType) == "whisper-1")
    }

    @Test("Boundaries with every character RFC 2046 allows, and long ones, are found")
    func readsOddBoundaries() {
        for boundary in [
            "'()+_,-./:=? 09az", "----WebKitFormBoundary7MA4YWxkTrZu0gW", String(repeating: "-", count: 200),
        ] {
            let body = Self.model.replacingXyZ(boundary) + "--\(boundary)--\r\n"
            #expect(Self.find(body, "multipart/form-data; boundary=\"\(boundary)\"") == "whisper-1")
        }
    }

    @Test(
        "Without a usable boundary nothing is found",
        arguments: [
            "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
            "multipart/mixed; boundary=XyZ", "multipart/form-data; boundary=xyz", "multipart/form-data boundary=XyZ",
            "multipart/form-data; boundary=\"XyZ\r\n\"",
            "multipart/form-data; boundary=" + String(repeating: "a", count: 201),
            "multipart/form-data; boundary=X\u{0}yZ", "", ";", "multipart/form-data; boundary",
        ])
    func refusesBoundary(contentType: String) {
        #expect(Self.find(Self.model + "--XyZ--\r\n", contentType) == nil)
    }

    @Test(
        "Bodies without a complete, short, readable model field have none",
        arguments: [
            "", "--XyZ", "--XyZ--", "--XyZ--\r\n", file + "--XyZ--\r\n", "x" + model + "--XyZ--",
            part("form-data; name=\"model\"", String(repeating: "m", count: 1_025)) + "--XyZ--\r\n",
            part("form-data; name=\"Model\"", "m") + "--XyZ--\r\n", part("form-data", "m") + "--XyZ--\r\n",
            "--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1",
            "--XyZ\nContent-Disposition: form-data; name=\"model\"\n\nwhisper-1\n--XyZ--\n",
            part("form-data; name=\"x\"; model=\"model\"", "m") + "--XyZ--\r\n",
            part("form-data; name=\"x\"", "a\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm")
                + "--XyZ--\r\n",
            "--XyZ\r\nX: " + String(repeating: "y", count: 16_384) + "\r\n" + String(model.dropFirst(6))
                + "--XyZ--\r\n",
        ])
    func findsNothing(body: String) {
        #expect(Self.find(body) == nil)
    }

    @Test("An empty field is an empty model, with and without the line end before its delimiter")
    func readsEmptyField() {
        let header = "--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n"
        #expect(Self.find(header + "\r\n--XyZ--\r\n") == "")
        #expect(Self.find(header + "--XyZ--\r\n") == "")
    }

    @Test("A text that is not UTF-8 is no model")
    func refusesMalformedUTF8() {
        let head = Array("--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n".utf8)
        let body = head + [0xC3, 0x28] + Array("\r\n--XyZ--\r\n".utf8)
        #expect(BodyModel.find(in: body.span, contentType: Self.type) == nil)
    }

    @Test("A body cut or damaged anywhere never traps, and gives the model or nothing")
    func survivesDamage() {
        let body = Array((Self.file + Self.model + Self.file + "--XyZ--\r\n").utf8)
        for length in 0...body.count {
            let cut = Array(body[..<length])
            let found = BodyModel.find(in: cut.span, contentType: Self.type)
            #expect(found == nil || found == "whisper-1")
        }
        var random = JSONRandom(seed: 3)
        let pieces = [
            "--XyZ", "\r\n", "\r", "--", "Content-Disposition: form-data; name=\"model\"", "\"", ";", "=", "\\", " ",
        ]
        for _ in 0..<2_000 {
            let noise = (0..<random.below(24)).map { _ in random.pick(pieces) }.joined()
            _ = Self.find(noise)
            _ = Self.find(Self.model, "multipart/form-data; boundary=" + noise)
        }
    }

    @Test("A hundred thousand parts, and lines that almost are delimiters, take linear time")
    func survivesManyParts() {
        let parts = String(repeating: Self.part("form-data; name=\"x\"", ""), count: 20_000)
        #expect(Self.find(parts + Self.model + "--XyZ--") == "whisper-1")
        let boundary = String(repeating: "a", count: 200)
        let almost = String(repeating: "\r\n--" + String(repeating: "a", count: 199), count: 5_000)
        let body = "--\(boundary)\r\n\r\n" + almost + "\r\n" + Self.model.replacingXyZ(boundary) + "--\(boundary)--"
        #expect(Self.find(body, "multipart/form-data; boundary=" + boundary) == "whisper-1")
    }
}

extension String {
    fileprivate func replacingXyZ(_ boundary: String) -> String {
        var text = ""
        var rest = self[...]
        while let first = rest.first {
            if rest.hasPrefix("XyZ") {
                text += boundary
                rest = rest.dropFirst(3)
            } else {
                text.append(first)
                rest = rest.dropFirst()
            }
        }
        return text
    }
}
