// SPDX-License-Identifier: Apache-2.0
import RelayTestSupport

/// Certificates made with openssl for one test: an authority, and servers below it.
final class TestAuthority: Sendable {
    let directory: TemporaryDirectory
    var certificate: String { directory.path(of: "ca.pem") }

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write(
            """
            [ca]
            default_ca = this
            [this]
            database = \(directory.path)/index.txt
            rand_serial = yes
            new_certs_dir = \(directory.path)
            default_md = sha256
            policy = any
            copy_extensions = copy
            unique_subject = no
            [any]
            commonName = supplied
            organizationName = optional
            [extensions]
            basicConstraints = critical, CA:TRUE
            """, to: "ca.cnf")
        try directory.write("", to: "index.txt")
        try openssl(
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
                + ["-subj", "/O=Test Corp/CN=Test Root CA", "-keyout", path("ca.key"), "-out", path("ca.pem")])
    }

    /// Issues a certificate for `name` (`IP:…` or `DNS:…`) and returns the paths of certificate and key.
    func issue(_ file: String, for name: String, validity: [String] = ["-days", "2"]) throws -> (
        certificate: String, key: String
    ) {
        try openssl(
            ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(file)"]
                + ["-addext", "subjectAltName=\(name)", "-keyout", path("\(file).key"), "-out", path("\(file).csr")])
        try openssl(
            ["ca", "-batch", "-notext", "-config", path("ca.cnf"), "-keyfile", path("ca.key"), "-cert", path("ca.pem")]
                + ["-in", path("\(file).csr"), "-out", path("\(file).pem")] + validity)
        return (path("\(file).pem"), path("\(file).key"))
    }

    private func path(_ name: String) -> String { directory.path(of: name) }

    private func openssl(_ arguments: [String]) throws {
        let process = try TestProcess(executable: "/usr/bin/openssl", arguments: arguments)
        guard process.waitForExit() == .code(0) else {
            throw SupportError.malformed("openssl \(arguments[0]): \(process.everythingPrinted)")
        }
    }
}

/// A gateway over TLS: answers every request with an empty list of models, on a kernel-chosen port.
final class TLSServer: Sendable {
    private let process: TestProcess
    let port: Int

    /// - Parameters:
    ///   - clientAuthority: the authority whose client certificates it demands; nil for none.
    ///   - isSilent: resets a connection without a client certificate, and sends no alert before.
    init(
        _ files: (certificate: String, key: String), clientAuthority: String? = nil, version: String = "TLSv1_3",
        isSilent: Bool = false
    ) throws {
        let script = """
            import http.server, socket, ssl, struct, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def answer(self):
                    length = int(self.headers.get("Content-Length", "0"))
                    self.rfile.read(length)
                    body = b'{"data":[]}'
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.send_header("X-Session-Reused", str(self.connection.session_reused))
                    if "X-Last" in self.headers:
                        self.send_header("Connection", "close")
                        self.close_connection = True
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(body)
                do_GET = do_HEAD = do_POST = answer
                def handle(self):
                    self.connection.do_handshake()
                    if sys.argv[5] and not self.connection.getpeercert():
                        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        self.connection.close()
                    else:
                        super().handle()
                def log_message(self, *arguments): pass
            class Server(http.server.ThreadingHTTPServer):
                def handle_error(self, request, address): pass
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.maximum_version = getattr(ssl.TLSVersion, sys.argv[4])
            context.load_cert_chain(sys.argv[1], sys.argv[2])
            if sys.argv[3]:
                context.load_verify_locations(sys.argv[3])
                context.verify_mode = ssl.CERT_OPTIONAL if sys.argv[5] else ssl.CERT_REQUIRED
            server = Server(("127.0.0.1", 0), Handler)
            # The handshake belongs to the connection's own thread.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            print(server.server_address[1], flush=True)
            server.serve_forever()
            """
        process = try TestProcess(
            executable: "/usr/bin/env",
            arguments: ["python3", "-c", script, files.certificate, files.key, clientAuthority ?? "", version]
                + [isSilent ? "silent" : ""])
        guard let line = process.waitForLine(where: { _ in true }), let port = Int(line.text)
        else {
            throw SupportError.malformed("no TLS server: \(process.everythingPrinted)")
        }
        self.port = port
    }

    deinit { process.kill() }
}
