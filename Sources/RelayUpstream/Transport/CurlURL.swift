// SPDX-License-Identifier: Apache-2.0
import CCurl

/// A URL that libcurl has taken apart once, for all calls to it.
///
/// Given the text alone it would take it apart, and put it together again, for each call: 5 % of a small request.
/// **Isolation**: its loop. Sole owner of the handle.
@safe
final class CurlURL {
    let handle: OpaquePointer

    /// Nil for what libcurl does not take for a URL, or when memory is short, of which a call then says which; and for
    /// a URL with a zone.
    init?(_ text: String) {
        guard let handle = unsafe curl_url() else { return nil }
        unsafe self.handle = unsafe handle
        // As a transfer would read it with `CURLOPT_PATH_AS_IS`.
        let flags = CUnsignedInt(CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS)
        guard unsafe curl_url_set(handle, CURLUPART_URL, text, flags) == CURLUE_OK else { return nil }
        // libcurl 7.88 copies such a handle for each call, all but the zone of an IPv6 address.
        var zone: UnsafeMutablePointer<CChar>?
        if unsafe curl_url_get(handle, CURLUPART_ZONEID, &zone, 0) == CURLUE_OK {
            unsafe curl_free(zone)
            return nil
        }
    }

    deinit { unsafe curl_url_cleanup(handle) }
}
