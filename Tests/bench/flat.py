# SPDX-License-Identifier: Apache-2.0
"""Does memory grow? Many requests, then many short streams, through one relay; its resident memory at each tenth."""
import argparse
import json
import os
import re
import signal
import subprocess
import tempfile
import time

from common import POST, free_port, wait_for


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--streams", type=int, default=100_000)
    parser.add_argument("--limit", type=int, default=600, help="seconds for each half")
    options = parser.parse_args()
    relay, bench = f"{options.bin}/tokenrelay", f"{options.bin}/relay-bench"
    upstream, port = free_port(), free_port()
    mock = subprocess.Popen([bench, "upstream", "--port", str(upstream)], stdout=subprocess.DEVNULL)
    environment = {"PATH": os.environ["PATH"], "RELAY_LISTEN": f"127.0.0.1:{port}", "RELAY_TOKEN": "flat-token",
                   "RELAY_UPSTREAM_URL": f"http://127.0.0.1:{upstream}/v1", "RELAY_LOG_LEVEL": "error"}
    server = subprocess.Popen([relay, "serve"], env=environment, stdout=subprocess.DEVNULL)

    def rss():
        return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{server.pid}/status").read())[1])

    def descriptors():
        return len(os.listdir(f"/proc/{server.pid}/fd"))

    def half(name, wanted, step):
        done, marks, start, failed = 0, [rss()], time.monotonic(), 0
        while done < wanted and time.monotonic() - start < options.limit:
            count, bad = step()
            done, failed = done + count, failed + bad
            if done >= wanted * len(marks) / 10:
                marks.append(rss())
        print(json.dumps({"what": name, "done": done, "failed": failed, "rss_kib": marks,
                          "descriptors": descriptors(), "seconds": round(time.monotonic() - start)}), flush=True)
        # The first tenth warms the pools up; what comes after may not grow.
        return failed == 0 and (len(marks) < 3 or marks[-1] - marks[1] < 4096)

    try:
        wait_for(upstream)
        wait_for(port)
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(POST)
            script.flush()

            def requests():
                out = subprocess.run(
                    ["wrk", "-t1", "-c32", "-d5", "-s", script.name, f"http://127.0.0.1:{port}/v1/chat/completions"],
                    capture_output=True, text=True, check=True).stdout
                bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
                return int(re.search(r"(\d+) requests in", out)[1]), int(bad[1]) if bad else 0

            def streams():
                out = subprocess.run(
                    [bench, "streams", "--port", str(port), "--streams", "500", "--rate", "20", "--seconds", "1"],
                    capture_output=True, text=True, check=True).stdout
                figures = json.loads(out)
                return figures["streams"], figures["failures"] + figures["unfinished"]

            flat = half("requests", options.requests, requests)
            flat = half("streams", options.streams, streams) and flat
    finally:
        for process in (server, mock):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
    raise SystemExit(0 if flat else "memory grew after warm-up, or something failed")


main()
