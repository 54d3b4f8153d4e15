# SPDX-License-Identifier: Apache-2.0
"""Small stand-ins for what a company network has: a gateway behind TLS, proxies, an HTTP/2 gateway.

Each serves on a port that the kernel chooses, on threads that end with the tests.
"""
import base64
import http.server
import json
import socket
import socketserver
import ssl
import subprocess
import threading

import h2.config
import h2.connection
import h2.events


class Authority:
    """A certificate authority of its own, made with openssl in `directory`."""

    def __init__(self, directory, name="Corp Test CA"):
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.certificate = directory / "ca.pem"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/O=Test/CN=" + name, "-keyout", directory / "ca.key", "-out", self.certificate)

    def issue(self, name, alternatives=None):
        """Certificate and key of `name`, in files."""
        key, request, certificate = (self.directory / f"{name}.{suffix}" for suffix in ("key", "csr", "pem"))
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name,
            "-keyout", key, "-out", request)
        extensions = self.directory / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternatives}\n" if alternatives else "")
        self._openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.directory / "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", certificate)
        return certificate, key

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=120)


class Server(socketserver.ThreadingTCPServer):
    """Serves until the tests end; `seen` holds what arrived."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, handler, host="127.0.0.1", context=None):
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), handler)
        self.context = context
        self.seen = []
        self.authority = f"[{host}]:{self.server_address[1]}" if ":" in host else f"{host}:{self.server_address[1]}"
        self.url = ("https://" if context else "http://") + self.authority
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def finish_request(self, request, client_address):
        request.settimeout(120)
        if self.context:
            request = self.context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
            try:
                request.do_handshake()
            except OSError:
                # The alert must arrive, which it would not if unread bytes turned the close into a reset.
                request.shutdown(socket.SHUT_WR)
                while socket.socket.recv(request, 65536):
                    pass
                return
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        """A client that leaves is no news."""

    def stop(self):
        self.shutdown()
        self.server_close()


class Gateway(http.server.BaseHTTPRequestHandler):
    """Answers each POST with what it saw of it, and token requests with a token."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        self.server.seen.append({"path": self.path, "headers": dict(self.headers), "body": body, "peer": peer})
        answer = {"access_token": "issued-token", "expires_in": 300} if "token" in self.path else {"path": self.path}
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Proxy(http.server.BaseHTTPRequestHandler):
    """A forward proxy for CONNECT and for plain http; every name it does not know itself is this machine.

    `server.refusal` is a status to answer instead; `server.routes` says which port a name and port stand for.
    """

    protocol_version = "HTTP/1.1"

    def do_CONNECT(self):
        if (upstream := self._open(self.path)) is None:
            return
        self.send_response_only(200, "Connection established")
        self.end_headers()
        back = threading.Thread(target=self._copy, args=(upstream, self.connection), daemon=True)
        back.start()
        self._copy(self.connection, upstream)
        back.join(120)
        self.close_connection = True

    def do_POST(self):
        authority, _, path = self.path.partition("://")[2].partition("/")
        if (upstream := self._open(authority if ":" in authority else authority + ":80")) is None:
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        head = f"POST /{path} HTTP/1.1\r\nConnection: close\r\n"
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "proxy-connection", "proxy-authorization"):
                head += f"{name}: {value}\r\n"
        upstream.sendall(head.encode("latin-1") + b"\r\n" + body)
        self._copy(upstream, self.connection)
        self.close_connection = True

    def _open(self, authority):
        self.server.seen.append({"line": self.requestline, "headers": dict(self.headers)})
        if self.server.refusal:
            self.send_response(self.server.refusal)
            self.send_header("Proxy-Authenticate", 'Basic realm="corp"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        port = self.server.routes.get(authority, int(authority.rpartition(":")[2]))
        return socket.create_connection(("127.0.0.1", port), timeout=120)

    @staticmethod
    def _copy(source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def log_message(self, *_):
        pass


def proxy(refusal=None, routes=None):
    server = Server(Proxy)
    server.refusal, server.routes = refusal, routes or {}
    return server


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class HTTP2(socketserver.BaseRequestHandler):
    """Speaks HTTP/2 and nothing else; sends each body back, as three pieces of an event stream if that is asked for."""

    def handle(self):
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        self.request.sendall(connection.data_to_send())
        bodies, heads = {}, {}
        while data := self.request.recv(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    heads[event.stream_id], bodies[event.stream_id] = dict(event.headers), b""
                elif isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    self._answer(connection, event.stream_id, heads[event.stream_id], bodies[event.stream_id])
            self.request.sendall(connection.data_to_send())

    def _answer(self, connection, stream, head, body):
        self.server.seen.append({"headers": head, "body": body})
        streamed = b"stream" in body
        kind = "text/event-stream" if streamed else "application/json"
        connection.send_headers(stream, [(":status", "200"), ("content-type", kind)])
        pieces = [b"data: one\n\n", b"data: two\n\n", b"data: [DONE]\n\n"] if streamed else [body]
        for number, piece in enumerate(pieces):
            for start in range(0, len(piece), 16384):
                last = number == len(pieces) - 1 and start + 16384 >= len(piece)
                connection.send_data(stream, piece[start:start + 16384], end_stream=last)
            self.request.sendall(connection.data_to_send())
