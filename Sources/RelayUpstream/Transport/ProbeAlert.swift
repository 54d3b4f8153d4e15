// SPDX-License-Identifier: Apache-2.0
import CCurl
import Glibc
import HTTPWire
import RelayCore

/// Why a server that finished the handshake closed the connection instead of answering.
///
/// TLS 1.3 asks for certificates so late that the client is done by then: the server's alert arrives where an answer
/// is awaited, and what the client has sent makes the kernel there follow it with RST, which can wipe it out.
enum ProbeAlert {
    /// Connects again and sends nothing, listening for a second at most; blocks the calling thread.
    ///
    /// - Returns: nil if the server does not close a silent connection, or closes it for no reason of TLS.
    static func listen(_ origin: String, _ profile: TransportProfile) -> UpstreamFailure? {
        let words = HandshakeWords()
        defer { withExtendedLifetime(words) {} }
        guard let easy = CurlEasy(profile, reports: false) else { return nil }
        easy.prepare(UpstreamRequest(method: "GET", url: origin + "/", fields: [:], profile: profile))
        unsafe relay_easy_long(easy.handle, CURLOPT_CONNECT_ONLY, 1)
        words.listen(to: easy)
        guard unsafe curl_easy_perform(easy.handle) == CURLE_OK else { return nil }
        var byte: UInt8 = 0
        var count = 0
        for _ in 0..<100 {
            let code = unsafe curl_easy_recv(easy.handle, &byte, 1, &count)
            guard code == CURLE_AGAIN else { return code == CURLE_OK && count > 0 ? nil : words.reason }
            usleep(10_000)
        }
        return nil
    }
}

/// What libcurl tells of a handshake while it is on the stack; its error buffer would keep the first error only.
private final class HandshakeWords {
    private var alert: String?
    private var isCertificateWanted = false

    /// - Returns: nil if neither an alert was heard nor a certificate asked for.
    var reason: UpstreamFailure? {
        if let alert { return UpstreamFailure(.tls, detail: alert) }
        guard isCertificateWanted else { return nil }
        return UpstreamFailure(.tls, detail: "closed without an alert after it had asked for a client certificate")
    }

    /// The listener must outlive the handle's last call.
    func listen(to easy: CurlEasy) {
        unsafe relay_easy_long(easy.handle, CURLOPT_VERBOSE, 1)
        unsafe relay_easy_pointer(easy.handle, CURLOPT_DEBUGDATA, Unmanaged.passUnretained(self).toOpaque())
        unsafe relay_easy_debug(easy.handle, CURLOPT_DEBUGFUNCTION) { _, kind, bytes, count, context in
            guard kind == CURLINFO_TEXT, let bytes = unsafe bytes, let context = unsafe context else { return 0 }
            let line = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
            unsafe Unmanaged<HandshakeWords>.fromOpaque(context).takeUnretainedValue().hear(
                String(decoding: line, as: UTF8.self))
            return 0
        }
    }

    private func hear(_ line: String) {
        if line.contains("TLS handshake, Request CERT") { isCertificateWanted = true }
        // `OpenSSL SSL_read: error:…:tlsv13 alert certificate required`; a line on its record has "TLS alert".
        if line.contains("SSL"), line.contains("error:"), line.contains(" alert ") {
            alert = String(line.prefix { !$0.isNewline })
        }
    }
}
