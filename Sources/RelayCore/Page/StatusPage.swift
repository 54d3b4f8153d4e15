// SPDX-License-Identifier: Apache-2.0

/// The read-only status page: one HTML document without any external asset.
///
/// It polls `status.json` beside itself each second. All that comes from there is put in as text, never as markup.
package enum StatusPage {
    package static let html = Array(
        ("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>tokenrelay</title>\n"
            + "<style>\(style)</style>\n</head>\n<body>\n\(markup)\n<script>\(words)\(script)\(chat)</script>\n"
            + "</body>\n</html>\n").utf8)

    /// The fields of its answer but `Content-Length`.
    ///
    /// Whatever slipped into the page could load nothing and talk to nobody but the relay.
    package static let fields: [(name: String, value: String)] = [
        ("Content-Type", "text/html; charset=utf-8"),
        (
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
                + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"),
    ]
}
