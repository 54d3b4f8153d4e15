# SPDX-License-Identifier: Apache-2.0
"""Measures the relay beside nginx, in turn, several rounds, and prints medians with their spread.

CPU is the process's own time over what it served; every figure of the relay has nginx's of the same round beside it.
"""
import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")
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
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Subject:
    """A process under measurement, with the children that do its work."""

    def __init__(self, name, command, port, env=None, settle=None):
        self.name, self.port = name, port
        self.process = subprocess.Popen(
            command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.settle = settle

    def pids(self):
        pid = self.process.pid
        children = open(f"/proc/{pid}/task/{pid}/children").read().split()
        return [int(child) for child in children] or [pid]

    def cpu(self):
        total = 0
        for pid in self.pids():
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

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


def wait_for(port):
    import socket

    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on {port}")


def wrk(port, script, connections, seconds):
    out = subprocess.run(
        ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}", "-s", script,
         f"http://127.0.0.1:{port}/v1/chat/completions"], capture_output=True, text=True, check=True).stdout
    count = int(re.search(r"(\d+) requests in", out)[1])
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    unit = {"us": 1.0, "ms": 1e3, "s": 1e6}

    def percentile(share):
        value, name = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(value) * unit[name]

    return {"count": count, "bad": int(bad[1]) if bad else 0, "p50": percentile(50), "p99": percentile(99),
            "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])}


def streams(bench, port, count, rate, seconds):
    out = subprocess.run(
        [bench, "streams", "--port", str(port), "--streams", str(count), "--rate", str(rate), "--seconds",
         str(seconds)], capture_output=True, text=True, check=True).stdout
    return json.loads(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="directory of the release binaries")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args()

    relay, bench = f"{options.bin}/tokenrelay", f"{options.bin}/relay-bench"
    figures = {}
    with tempfile.TemporaryDirectory() as directory:
        script = f"{directory}/post.lua"
        open(script, "w").write(POST)
        upstream, nginx_port, relay_port, two_port = (free_port() for _ in range(4))
        mock = subprocess.Popen([bench, "upstream", "--port", str(upstream)], stdout=subprocess.DEVNULL)
        running = [mock]
        try:
            config = f"{directory}/nginx.conf"
            open(config, "w").write(NGINX.format(dir=directory, upstream=upstream, port=nginx_port, workers=1))
            base = {"PATH": os.environ["PATH"], "RELAY_UPSTREAM_URL": f"http://127.0.0.1:{upstream}/v1",
                    "RELAY_TOKEN": "bench-token", "RELAY_LOG_LEVEL": "info"}
            subjects = [
                Subject("nginx", ["nginx", "-c", config], nginx_port),
                Subject("relay", [relay, "serve"], relay_port,
                        {**base, "RELAY_LISTEN": f"127.0.0.1:{relay_port}", "RELAY_LOOPS": "1"}),
            ]
            running += [subject.process for subject in subjects]
            for subject in subjects:
                wait_for(subject.port)
                figures[(subject.name, "idle memory, KiB")] = [subject.rss()]
            wait_for(upstream)

            def note(name, what, value):
                figures.setdefault((name, what), []).append(value)

            for _ in range(options.rounds):
                direct = wrk(upstream, script, 1, 2)
                note("direct", "latency p50 at one connection, us", direct["p50"])
                note("direct", "latency p99 at one connection, us", direct["p99"])
                for subject in subjects:
                    single = wrk(subject.port, script, 1, 2)
                    note(subject.name, "added latency p50 at one connection, us", single["p50"] - direct["p50"])
                    note(subject.name, "added latency p99 at one connection, us", single["p99"] - direct["p99"])
                    before = subject.cpu()
                    many = wrk(subject.port, script, 32, options.seconds)
                    note(subject.name, "CPU per request, us", (subject.cpu() - before) * 1e6 / many["count"])
                    note(subject.name, "requests a second", many["rate"])
                    note(subject.name, "failed requests", many["bad"] + single["bad"])
                    before = subject.cpu()
                    result = streams(bench, subject.port, options.streams, options.rate, options.seconds)
                    note(subject.name, "CPU per event, us",
                         (subject.cpu() - before) * 1e6 / max(1, result["events"]))
                    note(subject.name, "event delay p50, us", result["delay_us_p50"])
                    note(subject.name, "event delay p99, us", result["delay_us_p99"])
                    note(subject.name, "first event p50, us", result["first_us_p50"])
                    note(subject.name, "events lost", result["expected"] - result["events"])
            for subject in subjects:
                note(subject.name, "memory after load, KiB", subject.rss())
        finally:
            for process in running:
                process.terminate()
            for process in running:
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()

    names = []
    for _, what in figures:
        if what not in names:
            names.append(what)
    print(f"{'figure':42} {'nginx':>24} {'relay':>24} {'ratio':>7}")
    table = []
    for what in names:
        cells, medians = [], {}
        for name in ("nginx", "relay") if ("nginx", what) in figures else ("direct", None):
            values = sorted(figures.get((name, what), []))
            if not values:
                cells.append("")
                continue
            medians[name] = statistics.median(values)
            cells.append(f"{medians[name]:.1f} ({values[0]:.1f}..{values[-1]:.1f})")
        ratio = ""
        if medians.get("nginx"):
            ratio = f"{medians['relay'] / medians['nginx']:.2f}"
        print(f"{what:42} {cells[0]:>24} {cells[1]:>24} {ratio:>7}")
        table.append({"figure": what, **{k: v for k, v in medians.items()}, "ratio": ratio or None})
    if options.json:
        json.dump(table, open(options.json, "w"), indent=1)


main()
