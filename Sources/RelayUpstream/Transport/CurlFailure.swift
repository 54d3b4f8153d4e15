// SPDX-License-Identifier: Apache-2.0
import CCurl

/// Reads libcurl's result codes.
enum CurlFailure {
    /// What a transfer's end means; `hasHead` and `isReused` tell how far it had come, and on what.
    static func classify(_ code: CURLcode, detail: String, hasHead: Bool, isReused: Bool) -> UpstreamFailure {
        let kind: UpstreamFailure.Kind =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST: .unresolved
            case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: .proxy
            case CURLE_COULDNT_CONNECT: detail.contains("proxy") ? .proxy : .refused
            case CURLE_OPERATION_TIMEDOUT: .connectTimeout  // the only clock that is libcurl's
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
                CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
                CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
                .tls
            case CURLE_OUT_OF_MEMORY: .outOfResources
            case CURLE_PARTIAL_FILE: .truncated
            case CURLE_RECV_ERROR where detail.contains("CONNECT tunnel"): .proxy
            case CURLE_RECV_ERROR where detail.contains("SSL") && detail.contains("alert"): .tls
            case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SEND_FAIL_REWIND, CURLE_HTTP2,
                CURLE_HTTP2_STREAM:
                hasHead ? .truncated : (isReused ? .staleConnection : .reset)
            default: .badResponse
            }
        return UpstreamFailure(kind, detail: detail)
    }
}
