// SPDX-License-Identifier: Apache-2.0

/// The status page: one file, embedded, without external assets.
enum StatusPage {
    static let answer = LocalAnswer(contentType: "text/html; charset=utf-8", body: PackageResources.status_html)
}
