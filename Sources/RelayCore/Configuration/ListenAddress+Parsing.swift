// SPDX-License-Identifier: Apache-2.0

extension ListenAddress {
    private static let forms = "(127.0.0.1:8080, [::1]:8080, :8080 or unix:/path)"
    /// `sun_path` of Linux holds 108 bytes with the final NUL.
    private static let longestPath = 107

    /// `host:port`, `[v6]:port`, `:port` for every IPv4 interface, or `unix:/path`; port 0 lets the kernel choose.
    package static func parse(_ text: String) throws(ValueError) -> ListenAddress {
        if text.lowercased().hasPrefix("unix:") { return try unix(String(text.dropFirst(5))) }
        if text.contains("://") { throw ValueError("is a URL and not an address \(forms)") }
        guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else {
            throw ValueError("is not an address with a port \(forms)")
        }
        guard let number = try? ConfigurationValue.integer(String(text[text.index(after: colon)...])),
            let port = UInt16(exactly: number)
        else { throw ValueError("has a port that is not a number from 0 to 65535") }
        let host = text[..<colon]
        if host.isEmpty || host == "*" { return .tcp(host: "0.0.0.0", port: port) }
        if host.hasPrefix("[") {
            guard host.hasSuffix("]"), let address = IPLiteral(host.dropFirst().dropLast()), address.isV6 else {
                throw ValueError("holds brackets around what is no IPv6 address")
            }
            return .tcp(host: String(host.dropFirst().dropLast()), port: port)
        }
        if host.contains(":") { throw ValueError("holds an IPv6 address without brackets; write [::1]:8080") }
        try CheckedURL.checkHost(String(host))
        return .tcp(host: String(host), port: port)
    }

    private static func unix(_ path: String) throws(ValueError) -> ListenAddress {
        guard path.hasPrefix("/") else {
            throw ValueError("names a socket that is no absolute path (unix:/run/relay.sock)")
        }
        guard path.utf8.count <= longestPath else { throw ValueError("names a socket path longer than 107 bytes") }
        guard !ConfigurationValue.hasControl(path), !path.hasSuffix("/") else {
            throw ValueError("names a socket path that is no file name")
        }
        return .unix(path: path)
    }

    /// Whether only this machine can reach it.
    package var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): IPLiteral(host)?.isLoopback ?? (host.lowercased() == "localhost")
        }
    }

    /// As it is written in `RELAY_LISTEN`.
    package var text: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
