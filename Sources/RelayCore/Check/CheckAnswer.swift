// SPDX-License-Identifier: Apache-2.0
package import HTTPWire

/// What an API answered, as the verdicts need it.
package struct CheckAnswer: Sendable {
    package var status: Int
    package var fields: FieldSection
    package var body: [UInt8]

    package init(status: Int, fields: FieldSection, body: [UInt8]) {
        (self.status, self.fields, self.body) = (status, fields, body)
    }

    package var json: JSONValue? { try? JSONValue(parsing: body) }

    /// Media type without its parameters, in lower case.
    package var mediaType: String {
        let type = fields.value(of: "content-type") ?? ""
        return TextTrimming.trimmed(String(type.prefix { $0 != ";" })).lowercased()
    }

    /// Whether the relay itself wrote this error.
    package var relayCode: String? {
        guard let error = json?["error"], error["type"]?.stringValue == RelayFailure.type else { return nil }
        return error["code"]?.stringValue
    }

    /// Whether an error answer says that there is no such model; its text is looked at, never shown.
    package var saysModelUnknown: Bool {
        guard [400, 403, 404, 422].contains(status) || status >= 500, let json else { return false }
        if json.errorCode?.lowercased().contains("model") == true { return true }
        let candidates = [json["error"]?["message"], json["error"], json["message"], json["detail"], json["msg"]]
        let text = candidates.lazy.compactMap { $0?.stringValue }.first?.lowercased() ?? ""
        guard text.contains("model") || text.contains("模型") else { return false }
        return [
            "not exist", "not found", "unknown", "no such", "not available", "not supported", "no available",
            "invalid model",
            "不存在", "未找到",
        ].contains { text.contains($0) }
    }

    /// nginx's words, and its own statuses 495 and 496.
    var wantsClientCertificate: Bool { status == 495 || status == 496 || bodySays("SSL certificate") }
    var wantsTLS: Bool {
        bodySays("plain HTTP request was sent to HTTPS port") || bodySays("HTTP request to an HTTPS server")
    }

    private func bodySays(_ words: String) -> Bool {
        String(decoding: body.prefix(4_096), as: UTF8.self).firstRange(of: words) != nil
    }

    /// The ids of a model list; nil if it is none.
    package var modelIDs: [String]? {
        guard let data = json?["data"]?.arrayValue else { return nil }
        return data.compactMap { $0["id"]?.stringValue }
    }

    /// What stands there instead of what was expected: names of members, never values.
    package var shape: String {
        guard let json else {
            let first = body.first { $0 > 0x20 }
            if first == nil { return "nothing" }
            let type = mediaType.isEmpty ? "no media type" : SafeText.printable(mediaType, limit: 60)
            return first == UInt8(ascii: "<") ? "a web page (\(type))" : "\(type)"
        }
        return MissingMember.text("", at: "/", in: json, of: "").components(after: "members there: ")
            ?? "JSON of another shape"
    }
}

extension String {
    fileprivate func components(after mark: String) -> String? {
        firstRange(of: mark).map { "JSON with the members " + self[$0.upperBound...] }
    }
}
