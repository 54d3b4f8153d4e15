// SPDX-License-Identifier: Apache-2.0
import RelayCore

/// The model of a form body.
///
/// Parts: a content type and a body; the body also stands as a field's text in a form that is known to be right.
enum MultipartFuzz {
    static func run(_ input: [UInt8]) throws {
        let input = FuzzInput(input)
        let type = input.text(0)
        let body = Array(input.rest.drop { $0 != 0 }.dropFirst())
        _ = BodyModel.find(in: body.span, contentType: nil)
        if let found = BodyModel.find(in: body.span, contentType: "multipart/form-data; " + type) {
            let text = Array(found.utf8)
            try require(text.count <= 1_024, "the text is longer than it may be")
            // Without a boundary the body is read as JSON, where the text may be spelled with escapes.
            let isDecoded = BodyModel.findInJSON(body.span) == found
            try require(
                text.isEmpty || isDecoded || body.firstRange(of: text) != nil, "the text is not in the body")
        }
        let contentType = "multipart/form-data; boundary=xyzzy"
        for isFileFirst in [false, true] {
            let form = form(body, isFileFirst: isFileFirst)
            let isText = body.count <= 1_024 && String(validating: body, as: UTF8.self) != nil
            let delimiter = Array("--xyzzy".utf8)
            guard isText, body.firstRange(of: delimiter) == nil else { continue }
            let found = BodyModel.find(in: form.span, contentType: contentType)
            try require(found.map { Array($0.utf8) } == body, "the field's text is another")
        }
    }

    private static func form(_ text: [UInt8], isFileFirst: Bool) -> [UInt8] {
        var form: [UInt8] = []
        if isFileFirst {
            form += Array("--xyzzy\r\nContent-Disposition: form-data; name=model; filename=\"a;b\"\r\n\r\n".utf8)
            form += text + Array("\r\n".utf8)
        }
        form += Array("--xyzzy\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n".utf8)
        return form + text + Array("\r\n--xyzzy--\r\n".utf8)
    }
}
