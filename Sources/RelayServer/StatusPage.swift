// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import RelayCore

/// The read-only status page: one document without any external asset, put together from the files in `Page`.
///
/// It polls `status.json` beside itself each second and puts what it gets in as text, never as markup.
enum StatusPage {
    static let html = Array(
        text(PackageResources.status_html).replacing("/*style*/", with: style).replacing("/*script*/", with: script)
            .utf8)

    private static let style = text(PackageResources.status_css)
    private static let script = [
        PackageResources.words_js, PackageResources.tools_js, PackageResources.report_js, PackageResources.plots_js,
        PackageResources.views_js, PackageResources.exchanges_js, PackageResources.chat_js, PackageResources.main_js,
    ].map(text).joined()

    /// Whatever slipped into the page could run nothing, load nothing and talk to nobody but the relay.
    static let policy = [
        "default-src 'none'", "script-src '\(source(script))'", "style-src '\(source(style))'", "img-src data:",
        "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types 'none'",
    ].joined(separator: "; ")

    private static let entityTag = "\"\(Base64.encoded(SHA256.digest(html)).prefix(22))\""

    /// The page, or 304 for a client that has it.
    static func answer(to fields: FieldSection?) -> LocalAnswer {
        let extra = [
            (name: "Content-Security-Policy", value: policy), ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-cache"), ("ETag", entityTag),
        ]
        let isKnown = fields?.value(of: "if-none-match")?.contains(entityTag) ?? false
        return LocalAnswer(
            status: isKnown ? 304 : 200, contentType: "text/html; charset=utf-8", extra: extra,
            body: isKnown ? [] : html)
    }

    /// How a policy names an inline script or style.
    private static func source(_ text: String) -> String { "sha256-" + Base64.encoded(SHA256.digest(Array(text.utf8))) }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
