// SPDX-License-Identifier: Apache-2.0
package import RelayCore

/// Makes the source the operator configured; nil for none.
///
/// - Parameters:
///   - transport: the way to the issuer, for the kinds that have one.
///   - environment: the relay's own environment, from which programs inherit.
/// - Throws: `TemplateProblem` for a request template that cannot be read.
package func makeTokenSource(
    _ configuration: TokenConfiguration, transport: any IssuerTransport, environment: [String: String]
) throws(TemplateProblem) -> (any TokenSource)? {
    let reading = configuration.reading
    switch configuration.source {
    case .none: return nil
    case .fixed(let reference): return StaticTokenSource(reference)
    case .file(let file): return FileTokenSource(file, reading: reading)
    case .exec(let exec): return ExecTokenSource(exec, reading: reading, environment: environment)
    case .oauth2(let oauth): return OAuth2TokenSource(oauth, reading: reading, transport: transport)
    case .http(let template): return try TemplateTokenSource(template, reading: reading, transport: transport)
    }
}
