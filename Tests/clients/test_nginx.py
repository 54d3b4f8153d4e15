# SPDX-License-Identifier: Apache-2.0
"""Configs/nginx.conf in a real nginx, between a client and the relay."""
import hashlib
import os
import re
import shutil
import socket
import subprocess

import httpx
import pytest
import requests

from processes import HANG_LIMIT, ROOT, Gateway, Relay, ReservedPort, eventually

PIECE_INTERVAL = 0.05
BODY = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hello 你好"}]}


class Nginx:
    """nginx with the shipped configuration, on loopback and towards one relay instead of Docker's names."""

    def __init__(self, directory, relay):
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if program is None:
            pytest.skip("nginx is not installed")
        self.reserved = ReservedPort()
        self.port = self.reserved.number
        text = (ROOT / "Configs" / "nginx.conf").read_text()
        changes = [
            (r"listen 8080 ", f"listen 127.0.0.1:{self.port} reuseport "),
            (r"set \$relay relay:8080;", f"set $relay {relay.url.removeprefix('http://')};"),
            (r"worker_processes auto;", "worker_processes 1;"),
            (r"worker_connections 16384;", "worker_connections 256;"),
            (r"/tmp/", f"{directory}/"),
            (r"/dev/stderr", f"{directory}/error.log"),
        ]
        for pattern, text_of_test in changes:
            text, count = re.subn(pattern, text_of_test, text)
            assert count, pattern
        path = directory / "nginx.conf"
        path.write_text(text)
        directory.chmod(0o755)
        command = [program, "-p", str(directory), "-c", str(path), "-e", str(directory / "error.log")]
        check = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=120)
        assert check.returncode == 0, check.stderr
        self.process = subprocess.Popen([*command, "-g", "daemon off;"])
        self.url = f"http://127.0.0.1:{self.port}"
        eventually(self._listens, "nginx does not start")

    def _listens(self):
        assert self.process.poll() is None, "nginx does not start"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(HANG_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reserved.close()


@pytest.fixture(scope="module")
def way(tmp_path_factory):
    gateway = Gateway("600s", f"{int(PIECE_INTERVAL * 1000)}ms")
    relay = Relay(gateway)
    nginx = Nginx(tmp_path_factory.mktemp("nginx"), relay)
    yield nginx, relay, gateway
    nginx.stop()
    relay.stop()
    gateway.stop()


FIELDS = {"Authorization": "Bearer " + Relay.KEY}


def test_a_stream_passes_unchanged_and_piece_by_piece(way, request_id):
    nginx, _, gateway = way
    headers = {**FIELDS, "X-Request-Id": request_id, "x-demo-pieces": "100"}
    pieces = []
    with httpx.stream("POST", nginx.url + "/v1/chat/completions", json=BODY, headers=headers, timeout=120) as answer:
        assert answer.status_code == 200
        assert answer.headers["x-accel-buffering"] == "no"
        for piece in answer.iter_raw():
            # Buffered, it would have come when the gateway had nothing more to send.
            if not pieces:
                assert gateway.stats()["active_requests"] >= 1, "the first piece came with the last"
            pieces.append(piece)
    body = b"".join(pieces)
    sent = gateway.stream(request_id)
    assert (len(body), hashlib.sha256(body).hexdigest()) == (sent["length"], sent["sha256"])
    assert len(pieces) > 3


def test_a_client_that_leaves_ends_the_call_at_the_gateway(way, request_id):
    nginx, _, gateway = way
    before = gateway.stats()["cancelled"]
    headers = {**FIELDS, "X-Request-Id": request_id, "x-demo-pieces": "2000"}
    with httpx.stream("POST", nginx.url + "/v1/chat/completions", json=BODY, headers=headers, timeout=120) as answer:
        next(answer.iter_raw())
    eventually(lambda: gateway.stats()["cancelled"] > before, "the gateway still talks to nobody")


@pytest.mark.parametrize("path", ["/v1//models", "/models", "/v1/v1/models"])
def test_spellings_of_a_path_reach_the_relay_as_they_are(way, path):
    nginx, _, _ = way
    answer = httpx.get(nginx.url + path, headers=FIELDS, timeout=120)
    assert answer.status_code == 200, answer.text


def test_a_dot_segment_is_refused_and_not_resolved_on_the_way(way):
    nginx, _, _ = way
    with socket.create_connection(("127.0.0.1", nginx.port), 20) as connection:
        head = f"GET /v1/%2e%2e/models HTTP/1.1\r\nHost: x\r\nAuthorization: {FIELDS['Authorization']}\r\n"
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1.1 400 ")


def test_a_large_body_passes_and_the_relays_own_limit_speaks(way):
    nginx, _, _ = way
    body = {**BODY, "stream": False, "messages": [{"role": "user", "content": "x" * 4_000_000}]}
    answer = requests.post(nginx.url + "/v1/chat/completions", json=body, headers=FIELDS, timeout=120)
    assert answer.status_code == 200, answer.text[:200]


@pytest.mark.parametrize("path", ["/", "/metrics", "/status.json"])
def test_figures_of_one_relay_are_not_shown(way, path):
    nginx, _, _ = way
    assert httpx.get(nginx.url + path, timeout=120).status_code == 404


def test_errors_of_the_relay_pass(way):
    nginx, _, _ = way
    answer = httpx.get(nginx.url + "/v1/models", headers={"Authorization": "Bearer wrong"}, timeout=120)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "client_key_rejected"
