// SPDX-License-Identifier: Apache-2.0
package import RelayCore
package import RelayLoop

/// The TLS, proxy and protocol settings of one side, ready for libcurl.
///
/// Shared by all loops, never changed.
package final class TransportProfile: Sendable {
    let configuration: TransportConfiguration
    let connectTimeout: Duration
    /// One bundle: the system's authorities and the operator's.
    ///
    /// Given as a file, since libcurl caches a parsed store by file name; without the cache each TLS connection would
    /// parse 140 certificates anew (43 ms of CPU).
    let authorities: String
    private let bundle: Bundle?

    /// Where Debian, and the container image, keep the system's authorities.
    package static let systemBundle = "/etc/ssl/certs/ca-certificates.crt"

    private final class Bundle: Sendable {
        let file: MemoryFile
        init(_ file: consuming MemoryFile) { self.file = file }
    }

    /// - Parameter readFile: reads `caFile` and the system's bundle; nil if it cannot.
    /// - Throws: `ENOENT` as operation `read PATH` if `caFile` cannot be read.
    package init(
        _ configuration: TransportConfiguration, connectTimeout: Duration, readFile: (String) -> [UInt8]?
    ) throws(SystemCallError) {
        (self.configuration, self.connectTimeout) = (configuration, connectTimeout)
        guard let path = configuration.caFile else {
            (authorities, bundle) = (Self.systemBundle, nil)
            return
        }
        guard let extra = readFile(path) else { throw SystemCallError("read \(path)", code: 2) }
        let system = readFile(Self.systemBundle) ?? []
        let newline: [UInt8] = [UInt8(ascii: "\n")]
        let bundle = Bundle(try MemoryFile(name: "authorities", contents: system + newline + extra))
        (authorities, self.bundle) = (bundle.file.path, bundle)
    }
}
