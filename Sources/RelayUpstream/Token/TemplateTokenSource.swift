// SPDX-License-Identifier: Apache-2.0
package import RelayCore

/// A token from any login request the operator can write down (`RELAY_TOKEN_HTTP_…`).
///
/// Placeholders are filled at each fetch and escaped for the place where they stand, so that no password can break out.
package struct TemplateTokenSource: TokenSource {
    private let method: String
    private let url: TemplateText
    private let headers: [(name: String, value: TemplateText)]
    private let body: TemplateText?
    private let bodyType: TemplateConfiguration.BodyType
    private let values: [String: Secret]
    private let reading: TokenReading
    private let transport: any IssuerTransport

    /// - Throws: `TemplateProblem`, naming the variable whose placeholders cannot be read.
    package init(
        _ configuration: TemplateConfiguration, reading: TokenReading, transport: any IssuerTransport
    ) throws(TemplateProblem) {
        method = configuration.method.uppercased()
        url = try Self.parsed(configuration.url, "RELAY_TOKEN_HTTP_URL")
        var headers: [(name: String, value: TemplateText)] = []
        for pair in configuration.headers {
            headers.append((pair.name, try Self.parsed(pair.value, "RELAY_TOKEN_HTTP_HEADERS")))
        }
        self.headers = headers
        if let text = configuration.body, configuration.bodyType != .none {
            body = try Self.parsed(text, "RELAY_TOKEN_HTTP_BODY")
        } else {
            body = nil
        }
        (bodyType, values) = (configuration.bodyType, configuration.values)
        (self.reading, self.transport) = (reading, transport)
    }

    package func fetch(_ context: TokenFetchContext) async throws(TokenFetchFailure) -> TokenGrant {
        var exchange = IssuerExchange(transport: transport, reading: reading, context: context)
        let request = try request(&exchange.secrets)
        return try await exchange.send(request).grant
    }

    private func request(_ secrets: inout SecretReader) throws(TokenFetchFailure) -> IssuerRequest {
        var request = IssuerRequest(method: method, url: try render(url, for: .url, &secrets))
        for header in headers {
            request.fields.append((header.name, try render(header.value, for: .header, &secrets)))
        }
        request.addMissingField("Accept", "application/json, */*;q=0.5")
        // GET and HEAD have no body; the others have one, be it empty.
        guard method != "GET", method != "HEAD" else { return request }
        guard let body else {
            request.body = []
            return request
        }
        let (place, type): (TemplatePlace, String) =
            switch bodyType {
            case .json: (.json, "application/json")
            case .form: (.form, "application/x-www-form-urlencoded")
            case .raw, .none: (.raw, "text/plain; charset=utf-8")
            }
        request.body = Array(try render(body, for: place, &secrets).utf8)
        request.addMissingField("Content-Type", type)
        return request
    }

    private func render(
        _ text: TemplateText, for place: TemplatePlace, _ secrets: inout SecretReader
    ) throws(TokenFetchFailure) -> String {
        var filled: [TemplateText.Placeholder: String] = [:]
        for placeholder in text.placeholders {
            filled[placeholder] = try value(of: placeholder, &secrets)
        }
        do {
            return try text.rendered(for: place) { (placeholder) throws(TemplateProblem) in
                guard let value = filled[placeholder] else { throw TemplateProblem("has no value", at: placeholder) }
                return value
            }
        } catch {
            throw TokenFetchFailure(.secretUnavailable(name: error.placeholder?.description ?? "RELAY_TOKEN_HTTP_URL"))
        }
    }

    private func value(
        of placeholder: TemplateText.Placeholder, _ secrets: inout SecretReader
    ) throws(TokenFetchFailure) -> String {
        switch placeholder {
        case .variable(let name):
            guard let value = values[name] else { throw TokenFetchFailure(.secretUnavailable(name: name)) }
            secrets.remember(value.reveal)
            return value.reveal
        case .file(let path): return TextTrimming.withoutTrailingNewline(try secrets.readFile(path))
        }
    }

    private static func parsed(_ text: String, _ variable: String) throws(TemplateProblem) -> TemplateText {
        do {
            return try TemplateText(text)
        } catch {
            throw TemplateProblem("\(variable) \(error.text)", at: error.placeholder)
        }
    }
}
