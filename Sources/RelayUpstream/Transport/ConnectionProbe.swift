// SPDX-License-Identifier: Apache-2.0
import CCurl
import Glibc
import HTTPWire
import RelayBase
package import RelayCore

/// One connection made for its own sake, with the settings the relay's calls use: how far it got, how long each part
/// took, and whose certificates were shown.
package struct ConnectionProbe: Sendable {
    /// Since the start; nil for what was not reached.
    package struct Times: Sendable {
        package var resolved: Duration?
        package var connected: Duration?
        package var secured: Duration?
    }

    package var times = Times()
    /// The address connected to, without its port; of the proxy if there is one.
    package var address = ""
    package var port = 0
    /// Nil for a connection that carried an answer, or at least was complete.
    package var failure: UpstreamFailure?
    /// OpenSSL's verdict (X509_V_ERR_…), 0 if all is well or it gave none.
    package var verifyResult = 0
    /// The server's own certificate first.
    package var chain: [CertificateNames] = []
    /// Of the answer, if there was one.
    package var status: Int?
    package var date: String?
    /// Connected, and then closed instead of answered.
    private var wasClosed = false

    package init() {}

    /// Connects to `origin` (scheme, host and port) and asks `HEAD /` there, without a token; blocks the calling thread.
    ///
    /// - Parameters:
    ///   - answerLimit: in whole seconds; a server that leaves HEAD unanswered is connected all the same.
    package static func run(origin: String, profile: TransportProfile, answerLimit: Duration) -> ConnectionProbe {
        var probe = attempt(origin, profile, answerLimit, verifies: true)
        if probe.wasClosed, origin.hasPrefix("https:") { probe.failure = ProbeAlert.listen(origin, profile) }
        if probe.failure?.kind == .tls, probe.chain.isEmpty {
            // The chain is only told of a finished handshake: once more, believing everything and sending nothing.
            let trusting = attempt(origin, profile, answerLimit, verifies: false)
            probe.chain = trusting.chain
            // libcurl forgets when TCP was done if TLS then fails.
            probe.times.connected = probe.times.connected ?? trusting.times.connected
        }
        return probe
    }

    private static func attempt(
        _ origin: String, _ profile: TransportProfile, _ answerLimit: Duration, verifies: Bool
    ) -> ConnectionProbe {
        var probe = ConnectionProbe()
        guard let easy = CurlEasy(profile, reports: false) else {
            probe.failure = UpstreamFailure(.outOfResources)
            return probe
        }
        let head = ProbeHead()
        var fields = FieldSection()
        fields.append(name: "User-Agent", value: "tokenrelay/\(Version.number)")
        easy.prepare(UpstreamRequest(method: "HEAD", url: origin + "/", fields: fields, profile: profile))
        unsafe relay_easy_long(easy.handle, CURLOPT_LOW_SPEED_LIMIT, 1)
        unsafe relay_easy_long(easy.handle, CURLOPT_LOW_SPEED_TIME, Int(max(1, answerLimit.components.seconds)))
        unsafe relay_easy_long(easy.handle, CURLOPT_CERTINFO, 1)
        if !verifies {
            unsafe relay_easy_long(easy.handle, CURLOPT_SSL_VERIFYPEER, 0)
            unsafe relay_easy_long(easy.handle, CURLOPT_SSL_VERIFYHOST, 0)
            unsafe relay_easy_long(easy.handle, CURLOPT_CONNECT_ONLY, 1)
        }
        unsafe relay_easy_data(easy.handle, CURLOPT_WRITEFUNCTION) { _, _, count, _ in count }
        unsafe relay_easy_data(easy.handle, CURLOPT_HEADERFUNCTION) { bytes, _, count, context in
            guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
            let head = unsafe Unmanaged<ProbeHead>.fromOpaque(context).takeUnretainedValue()
            unsafe head.read(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        }
        unsafe relay_easy_pointer(easy.handle, CURLOPT_HEADERDATA, Unmanaged.passUnretained(head).toOpaque())
        let code = unsafe curl_easy_perform(easy.handle)
        let isSecure = origin.hasPrefix("https:")
        probe.read(easy, isSecure: isSecure)
        probe.judge(code, easy, head, origin: origin)
        return probe
    }

    private mutating func read(_ easy: CurlEasy, isSecure: Bool) {
        times.resolved = Self.time(easy, CURLINFO_NAMELOOKUP_TIME_T)
        times.connected = Self.time(easy, CURLINFO_CONNECT_TIME_T)
        times.secured = isSecure ? Self.time(easy, CURLINFO_APPCONNECT_TIME_T) : nil
        unsafe relay_easy_info_long(easy.handle, CURLINFO_SSL_VERIFYRESULT, &verifyResult)
        unsafe relay_easy_info_long(easy.handle, CURLINFO_PRIMARY_PORT, &port)
        var text: UnsafeMutablePointer<CChar>?
        unsafe relay_easy_info_text(easy.handle, CURLINFO_PRIMARY_IP, &text)
        if let text = unsafe text { address = unsafe String(cString: text) }
        chain = Self.chain(easy)
    }

    private mutating func judge(_ code: CURLcode, _ easy: CurlEasy, _ head: ProbeHead, origin: String) {
        (status, date) = (head.status, head.date)
        guard code != CURLE_OK else { return }
        let text = easy.takeErrorText()
        let detail = unsafe text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        let isConnected = origin.hasPrefix("https:") ? times.secured != nil : times.connected != nil
        let hasHead = head.status != nil
        let failure = CurlFailure.classify(
            code, detail: detail,
            progress: CurlFailure.Progress(
                url: origin, isSent: isConnected, hasBegun: hasHead, hasHead: hasHead, isReused: false))
        // Connected, and then no word or a poor one: that is the business of the steps that ask for something.
        let isLate = code == CURLE_OPERATION_TIMEDOUT || failure.kind == .reset || failure.kind == .badResponse
        if isConnected, isLate {
            wasClosed = failure.kind == .reset
            return
        }
        self.failure = failure
    }

    private static func time(_ easy: CurlEasy, _ info: CURLINFO) -> Duration? {
        var microseconds: curl_off_t = 0
        unsafe relay_easy_info_offset(easy.handle, info, &microseconds)
        return microseconds > 0 ? .microseconds(Int64(microseconds)) : nil
    }

    private static func chain(_ easy: CurlEasy) -> [CertificateNames] {
        var information: UnsafeMutablePointer<curl_certinfo>?
        unsafe relay_easy_info_certs(easy.handle, &information)
        guard let information = unsafe information, let lists = unsafe information.pointee.certinfo else { return [] }
        var chain: [CertificateNames] = []
        for index in unsafe 0..<max(0, Int(information.pointee.num_of_certs)) {
            var names = CertificateNames(subject: "", issuer: "")
            var item = unsafe lists[index]
            while let entry = unsafe item {
                if let data = unsafe entry.pointee.data {
                    let line = unsafe String(cString: data)
                    if line.hasPrefix("Subject:") { names.subject = String(line.dropFirst(8)) }
                    if line.hasPrefix("Issuer:") { names.issuer = String(line.dropFirst(7)) }
                }
                unsafe item = entry.pointee.next
            }
            chain.append(names)
        }
        return chain
    }
}

/// Status and `Date` of the answer, read while libcurl is on the stack.
private final class ProbeHead {
    private(set) var status: Int?
    private(set) var date: String?

    func read(_ bytes: UnsafeRawBufferPointer) {
        let line = unsafe String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            (status, date) = (line.split(separator: " ").dropFirst().first.flatMap { Int($0.prefix(3)) }, nil)
        } else if line.lowercased().hasPrefix("date:") {
            date = String(line.dropFirst(5).drop { $0 == " " }.prefix { !$0.isNewline })
        }
    }
}
