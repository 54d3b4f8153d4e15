// SPDX-License-Identifier: Apache-2.0

/// Where one request goes: an endpoint, its configured URL, and the client's path and query below it.
///
/// An object, since it is handed around more often than made.
package final class UpstreamTarget: Sendable {
    package let endpoint: Endpoint
    let template: UpstreamTemplate
    /// What follows the template's path; nil if the URL is exact.
    let below: String?
    let clientQuery: String?
    /// Name of the query parameter that carries the token, if one does.
    let tokenParameter: String?
    /// The URL, if the body has no part in it.
    private let fixedURL: UpstreamURL?

    init(
        endpoint: Endpoint, template: UpstreamTemplate, below: String?, clientQuery: String?, tokenParameter: String?
    ) {
        (self.endpoint, self.template, self.below) = (endpoint, template, below)
        (self.clientQuery, self.tokenParameter) = (clientQuery, tokenParameter)
        fixedURL = template.needsModel ? nil : Self.url(template, below, clientQuery, tokenParameter, model: "")
    }

    /// Whether `url(model:)` needs the body's top-level `model`.
    package var needsModel: Bool { template.needsModel }

    /// In bytes: longer ones are no names, and encoded could be more than one request line may hold.
    private static let longestModel = 1_024

    /// The URL to call.
    ///
    /// - Throws: `badRequest` if the URL holds `{model}` and `model` is missing, empty, too long, would act as a dot
    ///   segment or holds a control character.
    package func url(model: String?) throws(RelayFailure) -> UpstreamURL {
        if let fixedURL { return fixedURL }
        guard let model, !model.isEmpty else {
            throw .badRequest("the body names no model, which {model} in \(template.variable) is filled from")
        }
        guard model.utf8.count <= Self.longestModel else {
            throw .badRequest("the model named in the body is longer than \(Self.longestModel) bytes")
        }
        guard !RequestPath.holdsDotSegment(Array(model.utf8)) else {
            throw .badRequest("the model named in the body holds a dot segment and cannot be put into a path")
        }
        // What a path may not hold percent-encoded, a model may not bring into it.
        guard !model.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw .badRequest("the model named in the body holds a control character and cannot be put into a URL")
        }
        return Self.url(template, below, clientQuery, tokenParameter, model: PercentEncoding.encode(model))
    }

    private static func url(
        _ template: UpstreamTemplate, _ below: String?, _ clientQuery: String?, _ tokenParameter: String?,
        model: String
    ) -> UpstreamURL {
        var query = clientQuery
        if let tokenParameter, let sent = query { query = removing(tokenParameter, from: sent) }
        return UpstreamURL(
            text: template.render(below: below, clientQuery: query, model: model), tokenParameter: tokenParameter)
    }

    /// `query` without the parameters called `name`, in whatever percent-encoded spelling; nil if nothing is left.
    static func removing(_ name: String, from query: String) -> String? {
        let parameters = query.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        let kept = parameters.filter { parameter in
            let spelled = parameter.prefix { $0 != UInt8(ascii: "=") }.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 }
            return !PercentEncoding.decodeLeniently(spelled).elementsEqual(name.utf8)
        }
        guard kept.count < parameters.count else { return query }
        return kept.isEmpty ? nil : kept.map { String(Substring($0)) }.joined(separator: "&")
    }
}

extension UpstreamTarget: Hashable {
    /// What it was made of decides; the rest follows from that.
    package static func == (a: UpstreamTarget, b: UpstreamTarget) -> Bool {
        a === b
            || a.endpoint == b.endpoint && a.template == b.template && a.below == b.below
                && a.clientQuery == b.clientQuery && a.tokenParameter == b.tokenParameter
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(endpoint)
        hasher.combine(below)
        hasher.combine(clientQuery)
    }
}

/// A URL to call, with the token kept apart so that the rest can be logged.
package struct UpstreamURL: Hashable, Sendable {
    /// The URL without the token.
    ///
    /// Its query may hold what the operator or the client keeps secret: log `location`.
    package let text: String
    /// Scheme, authority and path.
    package let location: String
    /// The query parameter the token goes into; nil: into a header.
    package let tokenParameter: String?

    init(text: String, tokenParameter: String?) {
        (self.text, self.tokenParameter) = (text, tokenParameter)
        let path = text.utf8.prefix { $0 != UInt8(ascii: "?") }
        location = path.endIndex == text.utf8.endIndex ? text : String(Substring(path))
    }

    /// The URL to hand to the transport when the token travels in the query; never to be logged.
    package func adding(token: Secret) -> Secret {
        guard let tokenParameter else { return Secret(text) }
        let separator: String
        if let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) {
            separator = text.utf8.index(after: mark) == text.utf8.endIndex ? "" : "&"
        } else {
            separator = "?"
        }
        return Secret(
            text + separator + PercentEncoding.encode(tokenParameter) + "=" + PercentEncoding.encode(token.reveal))
    }
}
