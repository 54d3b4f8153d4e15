# SPDX-License-Identifier: Apache-2.0
"""Real buffering, on either side of the relay, and what the chat box makes of it."""
import http.server
import threading

import pytest
import requests


class BufferingProxy(http.server.BaseHTTPRequestHandler):
    """Hands an answer on only when it is whole, as badly configured proxies do."""

    protocol_version = "HTTP/1.1"
    target = ""

    def forward(self):
        length = int(self.headers.get("Content-Length", 0))
        fields = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        answer = requests.request(
            self.command, self.target + self.path, headers=fields, data=self.rfile.read(length), timeout=120
        )
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in ("transfer-encoding", "content-length", "connection", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = forward

    def log_message(self, *_):
        pass


@pytest.fixture
def proxy(relay):
    handler = type("Handler", (BufferingProxy,), {"target": relay.url})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def send(page):
    page.run("document.getElementById('model').focus()")
    page.wait("document.getElementById('models').options.length > 0")
    page.type("#model", "demo-chat")
    page.click("#send")


def verdict(page):
    page.wait("!document.getElementById('send').hidden && document.getElementById('verdict').textContent !== ''")
    return page.text("#verdict")


def test_between_relay_and_browser(page, proxy):
    page.go(proxy)
    page.wait("!document.getElementById('data').hidden")
    send(page)
    page.wait("document.getElementById('verdict').textContent.includes('lump')")
    assert "look between the relay and this browser" in verdict(page)


def test_before_the_relay(page, gateway):
    page.run("document.getElementById('model').focus()")
    page.wait("document.getElementById('models').options.length > 0")
    # In one write, so that nobody on the way makes several pieces of it.
    wish = {"requests": 1, "delay-first-byte": "800ms", "piece-interval": "0ms", "split-every": 1_000_000}
    requests.post(gateway.url + "/control/failures", json=wish, timeout=120)
    send(page)
    page.wait("document.getElementById('verdict').textContent.includes('lump')")
    assert "look at the gateway" in verdict(page)
