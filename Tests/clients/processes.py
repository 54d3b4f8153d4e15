# SPDX-License-Identifier: Apache-2.0
"""Starts the built programs on ports that the kernel chooses."""
import json
import os
import pathlib
import queue
import re
import socket
import subprocess
import threading
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("RELAY_BIN_DIR", ROOT / ".build" / "debug"))
# Limits only end a hang: what must come is waited for this long, however loaded the machine is.
HANG_LIMIT = 120


def eventually(holds, what):
    """Waits until it is so: for what has no event of its own."""
    end, pause = time.monotonic() + HANG_LIMIT, 0.002
    while not holds():
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


class ReservedPort:
    """A port that is bound and not listened on: it refuses, and nobody is given it but who asks for it by number.

    A server that sets these two options, as the relay does and nginx if told so, can listen there all the same.
    """

    def __init__(self):
        self._socket = socket.socket()
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            self._socket.setsockopt(socket.SOL_SOCKET, option, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number = self._socket.getsockname()[1]
        self.authority = f"127.0.0.1:{self.number}"
        self.url = "http://" + self.authority

    def close(self):
        self._socket.close()


class Program:
    """A child process whose output lines are kept and can be waited for."""

    def __init__(self, name, *arguments, environment=None, within=()):
        """`within` is a command that runs the one it is followed by."""
        self.lines = []
        self._new = queue.Queue()
        self._process = subprocess.Popen(
            [*within, BINARIES / name, *arguments],
            env={"PATH": os.environ["PATH"], **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self.lines.append(line)
            self._new.put(line)
        self._new.put(None)

    def wait_for(self, find):
        """The first value that `find` makes of a line; an AssertionError if the program ends or the time is over."""
        end = time.monotonic() + HANG_LIMIT
        while (left := end - time.monotonic()) > 0:
            try:
                line = self._new.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                break
            if (found := find(line)) is not None:
                return found
        raise AssertionError("the program did not start; it printed:\n" + "".join(self.lines))

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(HANG_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Gateway(Program):
    def __init__(self, token_lifetime, piece_interval="0ms"):
        super().__init__(
            "demo-gateway",
            *["--listen", "127.0.0.1:0", "--token-lifetime", token_lifetime, "--piece-interval", piece_interval],
        )
        pattern = re.compile(r"demo-gateway: listening on (\S+)")
        self.url = "http://" + self.wait_for(lambda line: (m := pattern.match(line)) and m[1])

    def token(self):
        answer = requests.post(
            self.url + "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=("demo-client", "demo-secret"),
            timeout=HANG_LIMIT,
        )
        return answer.json()["access_token"]

    def stats(self):
        return requests.get(self.url + "/control/stats", timeout=HANG_LIMIT).json()

    def stream(self, request_id):
        """Digest, length and completeness of what was sent in answer to one request."""
        answer = requests.get(f"{self.url}/control/streams/{request_id}", timeout=HANG_LIMIT)
        assert answer.status_code == 200, answer.text
        return answer.json()


class BareRelay(Program):
    """A relay with exactly these settings, which listens on a port of the kernel's choice."""

    def __init__(self, within=(), **settings):
        given = {name: text for name, text in settings.items() if text is not None}
        environment = {"RELAY_LISTEN": "127.0.0.1:0", **given}
        super().__init__("tokenrelay", "serve", environment=environment, within=within)
        record = self.wait_for(self._listening)
        self.url = "http://" + record["address"]
        self.admin_url = "http://" + record["admin_address"] if record.get("admin_address") else None

    @staticmethod
    def _listening(line):
        try:
            record = json.loads(line)
        except ValueError:
            return None
        return record if record.get("msg") == "listening" else None

    def record(self, fits):
        """The first log record that fits, waiting for it if need be."""
        found = []

        def look():
            found[:] = [record for line in list(self.lines) if fits(record := json.loads(line))]
            return found

        eventually(look, lambda: "no such record; the relay printed:\n" + "".join(self.lines))
        return found[0]

    def detail_of(self, kind):
        """What the log says about an upstream call that failed in that way, at the level that is on by default."""
        return self.record(lambda record: record.get("kind") == kind)["detail"]


class Relay(BareRelay):
    KEY = "a-key-for-tests"

    def __init__(self, gateway, **settings):
        defaults = {
            "RELAY_UPSTREAM_URL": gateway.url + "/v1",
            "RELAY_OAUTH_TOKEN_URL": gateway.url + "/oauth/token",
            "RELAY_OAUTH_CLIENT_ID": "demo-client",
            "RELAY_OAUTH_CLIENT_SECRET": "demo-secret",
            "RELAY_CLIENT_KEYS": "tests:" + self.KEY,
        }
        super().__init__(**(defaults | settings))
