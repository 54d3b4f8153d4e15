# SPDX-License-Identifier: Apache-2.0
"""Starts the relay and the stand-in gateway, and looks at them from outside."""
import json
import os
import re
import subprocess
import threading
import urllib.request


class Process:
    """A child whose lines of output are handed to `take`, one by one, for as long as it lives."""

    def __init__(self, path, arguments, environment, take):
        self.child = subprocess.Popen(
            [path, *arguments], env={"PATH": os.environ["PATH"], **environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self.ready = threading.Event()
        self.address = None
        self.take = take
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            if self.address is None:
                match = re.search(r'"msg":"listening","address":"([^"]+)"|listening on (\S+)', line)
                if match:
                    self.address = match.group(1) or match.group(2)
                    self.ready.set()
            self.take(line)

    def wait_until_listening(self):
        if not self.ready.wait(30):
            raise SystemExit(f"{self.child.args[0]} does not listen")
        host, port = self.address.rsplit(":", 1)
        return host, int(port)

    def figures(self):
        """Resident memory in MiB and open descriptors."""
        with open(f"/proc/{self.child.pid}/status") as status:
            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        return resident / 1024, len(os.listdir(f"/proc/{self.child.pid}/fd"))

    def stop(self):
        """SIGTERM; the exit code, or None if it had to be killed."""
        self.child.terminate()
        try:
            return self.child.wait(40)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return None


def start_gateway(directory, lifetime):
    gateway = Process(
        f"{directory}/demo-gateway",
        ["--listen", "127.0.0.1:0", "--token-lifetime", lifetime, "--piece-interval", "2ms"], {}, lambda line: None)
    return gateway, gateway.wait_until_listening()


def start_relay(directory, gateway, take):
    base = "http://%s:%d" % gateway
    relay = Process(
        f"{directory}/tokenrelay", ["serve"],
        {
            "RELAY_LISTEN": "127.0.0.1:0", "RELAY_UPSTREAM_URL": f"{base}/v1", "RELAY_LOOPS": "2",
            "RELAY_OAUTH_TOKEN_URL": f"{base}/oauth/token", "RELAY_OAUTH_CLIENT_ID": "demo-client",
            "RELAY_OAUTH_CLIENT_SECRET": "demo-secret", "RELAY_HEADER_TIMEOUT": "2s", "RELAY_BODY_TIMEOUT": "2s",
            "RELAY_MAX_BODY": "1MiB",
        }, take)
    return relay, relay.wait_until_listening()


def get(address, path):
    with urllib.request.urlopen("http://%s:%d%s" % (*address, path), timeout=10) as answer:
        return answer.read().decode()


def control(gateway, path, value):
    request = urllib.request.Request(
        "http://%s:%d/control/%s" % (*gateway, path), data=json.dumps(value).encode(), method="POST")
    urllib.request.urlopen(request, timeout=10).read()


def gauge(metrics, name):
    return sum(float(line.split()[-1]) for line in metrics.splitlines() if re.match(rf"{name}(\{{| )", line))
