// SPDX-License-Identifier: Apache-2.0

/// The read-only status page: one document without any external asset, put together from the files in `Page`.
///
/// It polls `status.json` beside itself each second and puts what it gets in as text, never as markup.
enum StatusPage {
    static let html = Array(
        text(PackageResources.status_html)
            .replacing("/* status.css */", with: "\n" + text(PackageResources.status_css))
            .replacing("/* status.js */", with: "\n" + scripts).utf8)

    private static let scripts =
        text(PackageResources.words_js) + text(PackageResources.status_js) + text(PackageResources.chat_js)

    /// Whatever slipped into the page could load nothing and talk to nobody but the relay.
    static let answer = LocalAnswer(
        contentType: "text/html; charset=utf-8",
        extra: [
            (
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
                    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"),
        ],
        body: html)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
