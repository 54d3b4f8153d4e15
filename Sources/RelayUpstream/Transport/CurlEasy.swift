// SPDX-License-Identifier: Apache-2.0
import CCurl
import HTTPWire
import RelayBase
import RelayCore
import RelayLoop

/// A libcurl easy handle, for one request.
///
/// Never for a second one, though that would save some 7 % of a small request: libcurl before 8.3 keeps a pointer to the
/// last header field of the last answer beyond that field's memory, and writes there when the next answer begins with a
/// folded line.
/// **Isolation**: its loop. Sole owner of the handle.
@safe
final class CurlEasy {
    let handle: UnsafeMutableRawPointer
    /// libcurl reads it as long as the handle lives.
    private var list: CurlFieldList?
    private let errorText: UnsafeMutablePointer<CChar>
    private let isVerbatimProxy: Bool
    /// Milliseconds.
    private let connectTimeout: Int

    /// Nil when memory is short.
    ///
    /// - Parameter reports: whether a `CurlTransfer` will listen to it.
    init?(_ profile: TransportProfile, reports: Bool = true) {
        guard let handle = unsafe curl_easy_init() else { return nil }
        unsafe self.handle = unsafe handle
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        isVerbatimProxy = profile.configuration.proxy != .environment
        unsafe relay_easy_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        connectTimeout = Int(max(1, profile.connectTimeout.milliseconds))
        configure(profile)
        if reports { CurlTransfer.installCallbacks(on: self) }
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe errorText.deallocate()
    }

    private func set(_ option: CURLoption, _ value: Int) { unsafe relay_easy_long(handle, option, value) }
    private func set(_ option: CURLoption, _ value: String?) {
        // libcurl copies every string it is given.
        if let value {
            unsafe relay_easy_text(handle, option, value)
        } else {
            unsafe relay_easy_text(handle, option, nil)
        }
    }

    private func configure(_ profile: TransportProfile) {
        let settings = profile.configuration
        set(CURLOPT_NOSIGNAL, 1)
        // Else libcurl waits for its resolver thread when a call ends before its name is resolved, and the loop with it.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, 30)
        set(CURLOPT_TCP_KEEPINTVL, 15)
        set(CURLOPT_CAINFO, profile.authorities)
        set(CURLOPT_CAPATH, nil)  // a directory of authorities would switch libcurl's cache of the parsed store off
        if !settings.verify {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let certificate = settings.clientCertificateFile {
            set(CURLOPT_SSLCERT, certificate)
            // A session would go on under the identity it began with after the file has been replaced.
            set(CURLOPT_SSL_SESSIONID_CACHE, 0)
        }
        if let key = settings.clientKeyFile ?? settings.clientCertificateFile { set(CURLOPT_SSLKEY, key) }
        switch settings.proxy {
        case .environment: break
        case .none: set(CURLOPT_PROXY, "")
        case .url(let url):
            set(CURLOPT_PROXY, url)
            set(CURLOPT_NOPROXY, "")  // the operator's word counts for every host; no_proxy belongs to the environment
        }
        switch settings.version {
        case .http11: set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        case .http2, .auto:
            set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
            set(CURLOPT_PIPEWAIT, 1)
        }
    }

    /// Sets what the request itself asks for; once.
    ///
    /// - Parameter url: the request's URL, taken apart; it outlives the transfer.
    func prepare(_ request: UpstreamRequest, url: CurlURL? = nil) {
        prepareURL(request.url)
        if let url { unsafe relay_easy_pointer(handle, CURLOPT_CURLU, UnsafeRawPointer(url.handle)) }
        if request.wantsFreshConnection { set(CURLOPT_FRESH_CONNECT, 1) }
        if !request.isTimedByHandler { limitConnecting() }
        if request.profile.configuration.version == .http2, request.url.hasPrefix("http:") {
            set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
            // Without TLS, libcurl 7.88 takes a second request on one connection for the start of another HTTP/2.
            set(CURLOPT_FORBID_REUSE, 1)
            set(CURLOPT_FRESH_CONNECT, 1)
        }
        if request.method == "HEAD" {
            // Before the body, which means nothing here: libcurl has to know that none follows the answer's head.
            set(CURLOPT_NOBODY, 1)
        } else if let body = request.body {
            set(CURLOPT_POST, 1)
            unsafe relay_easy_pointer(handle, CURLOPT_POSTFIELDS, body.baseAddress)
            unsafe relay_easy_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            if request.method != "POST" { set(CURLOPT_CUSTOMREQUEST, request.method) }
        } else if ["POST", "PUT", "PATCH"].contains(request.method) {
            // A length of 0 is said (RFC 9110 §8.6): some gateways answer 411 without it.
            set(CURLOPT_POST, 1)
            unsafe relay_easy_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, 0)
            set(CURLOPT_COPYPOSTFIELDS, "")
            if request.method != "POST" { set(CURLOPT_CUSTOMREQUEST, request.method) }
        } else if request.method != "GET" {
            set(CURLOPT_CUSTOMREQUEST, request.method)
        }
        prepareFields(request.fields)
    }

    /// Sets the time that a connection may take to be made, all addresses of a name together.
    ///
    /// A transfer that begins with a limit has a timer until that has passed, on an open connection as well, and with each
    /// piece of an answer libcurl puts it back into its tree of timers, through the memory of a dozen other transfers: 8 %
    /// of an event's cost. Where somebody else has a clock running, the limit is therefore set only when a name is about
    /// to be resolved, and then shares the time out among the addresses.
    func limitConnecting() { set(CURLOPT_CONNECTTIMEOUT_MS, connectTimeout) }

    private func prepareURL(_ url: String) {
        set(CURLOPT_URL, url)
        // A proxy out of the environment is meant for the world outside, not for a neighbour on this machine.
        if !isVerbatimProxy, Self.isLoopback(url) { set(CURLOPT_PROXY, "") }
    }

    private func prepareFields(_ fields: FieldSection) {
        // What libcurl would add by itself.
        var suppressed = ["Expect"]
        if !fields.contains("accept") { suppressed.append("Accept") }
        if !fields.contains("content-type") { suppressed.append("Content-Type") }
        let list = CurlFieldList(fields, suppressed: suppressed)
        unsafe relay_easy_list(handle, CURLOPT_HTTPHEADER, list.head)
        self.list = list
    }

    /// Bytes of the body that libcurl has sent.
    var bodyBytesSent: Int {
        var count: curl_off_t = 0
        unsafe relay_easy_info_offset(handle, CURLINFO_SIZE_UPLOAD_T, &count)
        return Int(count)
    }

    /// The body's bytes go away; only when all of it has been sent, and an answer has begun.
    func forgetBody() { unsafe relay_easy_pointer(handle, CURLOPT_POSTFIELDS, nil) }

    /// libcurl's own words on what went wrong last.
    func takeErrorText() -> String {
        let text = unsafe String(cString: errorText)
        unsafe errorText.pointee = 0
        return text
    }

    /// Whether the transfer ran on a connection that had served before.
    var isReused: Bool {
        var count = 0
        unsafe relay_easy_info_long(handle, CURLINFO_NUM_CONNECTS, &count)
        return count == 0
    }

    /// Whether the URL's host is this machine.
    static func isLoopback(_ url: String) -> Bool {
        let slash = UInt8(ascii: "/")
        let host = url.utf8.drop { $0 != slash }.drop { $0 == slash }.prefix { $0 != slash && $0 != UInt8(ascii: "?") }
        if host.starts(with: "127.".utf8) || host.starts(with: "[::1]".utf8) { return true }
        let name = host.prefix { $0 != UInt8(ascii: ":") }
        return name.elementsEqual("localhost".utf8)
    }
}
