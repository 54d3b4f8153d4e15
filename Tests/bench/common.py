# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: the processes under measurement, and the load on them."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

POST = """wrk.method="POST"; wrk.headers["Content-Type"]="application/json"
wrk.body='{"model":"m","messages":[{"role":"user","content":"'..string.rep("x",900)..'"}]}'
"""
NGINX = """worker_processes {workers}; pid {dir}/nginx.pid; error_log {dir}/nginx.log; daemon off;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/f;
  uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  upstream mock {{ server 127.0.0.1:{upstream}; keepalive 512; }}
  server {{
    listen 127.0.0.1:{port} reuseport;
    location / {{
      proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_read_timeout 600s;
    }}
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Subject:
    """A process under measurement, with the children that do its work."""

    def __init__(self, name, command, port, env=None):
        self.name, self.port = name, port
        self.process = subprocess.Popen(
            command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(port)

    def pids(self):
        pid = self.process.pid
        children = open(f"/proc/{pid}/task/{pid}/children").read().split()
        return [int(child) for child in children] or [pid]

    def cpu(self):
        """Seconds of the threads it has, to the nanosecond, as the scheduler counts them; the relay's all live on."""
        total = 0
        for pid in self.pids():
            for thread in os.listdir(f"/proc/{pid}/task"):
                total += int(open(f"/proc/{pid}/task/{thread}/schedstat").read().split()[0])
        return total / 1e9

    def rss(self):
        total = 0
        for pid in self.pids():
            total += int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read())[1])
        return total

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Field:
    """nginx and the relay side by side before one mock upstream; `script` is wrk's, of a small chat request."""

    def __init__(self, binaries, loops=1, core=None):
        self.binaries, self.loops = binaries, loops
        self.pin = [] if core is None else ["taskset", "-c", str(core)]
        self.bench = f"{binaries}/relay-bench"

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        path = self.directory.name
        self.script = f"{path}/post.lua"
        with open(self.script, "w") as script:
            script.write(POST)
        self.upstream, nginx, relay = (free_port() for _ in range(3))
        self.running = []
        try:
            self.running.append(
                Subject("direct", [*self.pin, self.bench, "upstream", "--port", str(self.upstream)], self.upstream))
            with open(f"{path}/nginx.conf", "w") as config:
                config.write(NGINX.format(dir=path, upstream=self.upstream, port=nginx, workers=self.loops))
            self.running.append(Subject("nginx", [*self.pin, "nginx", "-c", f"{path}/nginx.conf"], nginx))
            self.running.append(Subject("relay", [*self.pin, f"{self.binaries}/tokenrelay", "serve"], relay, {
                "PATH": os.environ["PATH"], "RELAY_UPSTREAM_URL": f"http://127.0.0.1:{self.upstream}/v1",
                "RELAY_TOKEN": "bench-token", "RELAY_LISTEN": f"127.0.0.1:{relay}", "RELAY_LOOPS": str(self.loops)}))
        except BaseException:
            self.__exit__()
            raise
        return self

    @property
    def subjects(self):
        return self.running[1:]

    def __exit__(self, *_):
        for subject in reversed(self.running):
            subject.stop()
        self.directory.cleanup()


def wait_for(port):
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on {port}")


def wrk(port, script, connections, seconds, threads=1, pin=()):
    out = subprocess.run(
        [*pin, "wrk", "--latency", f"-t{threads}", f"-c{connections}", f"-d{seconds}", "-s", script,
         f"http://127.0.0.1:{port}/v1/chat/completions"], capture_output=True, text=True, check=True).stdout
    count = int(re.search(r"(\d+) requests in", out)[1])
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    unit = {"us": 1.0, "ms": 1e3, "s": 1e6}

    def percentile(share):
        value, name = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(value) * unit[name]

    return {"count": count, "bad": int(bad[1]) if bad else 0, "p50": percentile(50), "p99": percentile(99),
            "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])}


def start_streams(bench, port, count, rate, seconds):
    return subprocess.Popen(
        [bench, "streams", "--port", str(port), "--streams", str(count), "--rate", str(rate), "--seconds",
         str(seconds)], stdout=subprocess.PIPE, text=True)


def streams(bench, port, count, rate, seconds):
    load = start_streams(bench, port, count, rate, seconds)
    output = load.communicate()[0]
    return json.loads(output) if load.returncode == 0 else sys.exit("the load of streams failed")
