// SPDX-License-Identifier: Apache-2.0

/// Finds which model a request body asks for, in one pass over its bytes.
package enum BodyModel {
    private static let name = Array("model".utf8)

    /// The model named by a body of the given `Content-Type` value: a form field of `multipart/form-data`, else JSON.
    package static func find(in body: Span<UInt8>, contentType: String?) -> String? {
        if let contentType, let boundary = MultipartBoundary(contentType: contentType) {
            return MultipartFields(boundary).lastText(of: name, in: body)
        }
        return findInJSON(body)
    }

    /// The top-level `model` of a JSON object, escapes decoded.
    ///
    /// Of several the last counts, as for the parsers of gateways. Nil if there is none, if it is not a string, or if
    /// the body is not one valid JSON object.
    package static func findInJSON(_ body: Span<UInt8>) -> String? {
        guard JSONScanner.isUTF8(body) else { return nil }
        var found: JSONStringToken?
        var members = JSONMembers()
        do {
            while let member = try members.next(body) {
                if member.name.equals(name, body) { found = member.string }
            }
        } catch {
            return nil
        }
        return found.map { String(decoding: JSONString.decode($0, body), as: UTF8.self) }
    }
}
