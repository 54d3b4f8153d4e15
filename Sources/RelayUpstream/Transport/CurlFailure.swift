// SPDX-License-Identifier: Apache-2.0
import CCurl

/// Reads libcurl's result codes.
enum CurlFailure {
    /// How far a transfer had come, and on what.
    struct Progress {
        var url: String
        /// The connection was up.
        var isSent: Bool
        /// A line of the answer has arrived.
        var hasBegun: Bool
        var hasHead: Bool
        var isReused: Bool
    }

    /// What a transfer's end means.
    static func classify(_ code: CURLcode, detail: String, progress: Progress) -> UpstreamFailure {
        let kind: UpstreamFailure.Kind =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST: .unresolved
            case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: .proxy
            case CURLE_COULDNT_CONNECT: isAboutProxy(detail, url: progress.url) ? .proxy : .refused
            case CURLE_OPERATION_TIMEDOUT: .connectTimeout  // the only clock that is libcurl's
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
                CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
                CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
                .tls
            // On a connection that is up it stands for a line of the head beyond libcurl's limit of 100 KB.
            case CURLE_OUT_OF_MEMORY: progress.isSent ? .badResponse : .outOfResources
            case CURLE_PARTIAL_FILE: .truncated
            case CURLE_RECV_ERROR where detail.contains("CONNECT tunnel"): .proxy
            case CURLE_RECV_ERROR where detail.contains("SSL") && detail.contains("alert"): .tls
            case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SEND_FAIL_REWIND, CURLE_HTTP2,
                CURLE_HTTP2_STREAM:
                progress.hasHead ? .truncated : (progress.isReused && !progress.hasBegun ? .staleConnection : .reset)
            default: .badResponse
            }
        return UpstreamFailure(kind, detail: withoutSecrets(detail))
    }

    /// libcurl's words, less the one text that shows a whole proxy URL, password and all.
    static func withoutSecrets(_ detail: String) -> String {
        detail.hasPrefix("Unsupported proxy") ? "the proxy's URL cannot be used" : detail
    }

    /// Whether libcurl could not connect to a proxy.
    ///
    /// It says `Failed to connect to NAME port …`; the name is the URL's host, or else the proxy's.
    static func isAboutProxy(_ detail: String, url: String) -> Bool {
        let start = "Failed to connect to "
        guard detail.hasPrefix(start) else { return detail.contains("proxy") }
        let tried = detail.dropFirst(start.count).prefix { $0 != " " }
        let authority = url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
        let host =
            authority.hasPrefix("[")
            ? authority.dropFirst().prefix { $0 != "]" && $0 != "%" } : authority.prefix { $0 != ":" }
        return tried.lowercased() != host.lowercased()
    }
}
