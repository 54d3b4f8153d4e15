# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of the hot parts under callgrind and compares them with the committed baseline.

Counts are repeatable for the same binary and inputs, whatever else the machine does. Each part runs with two counts;
the difference leaves start-up out. The last two are a whole relay's, for a small request and for an event of a stream,
libcurl and the runtime included. A part may grow by the tolerance; more is a failure, and so is a part that became so
much cheaper that the baseline guards nothing any more (run with --update then).
"""
import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile

from common import free_port, wait_for

PARTS = {
    "parse-request": 2000, "encode-head": 4000, "route": 4000, "request-fields": 2000, "token-door": 10000,
    "mailbox-post": 10000, "usage-event": 5000,
}
BASELINE = os.path.join(os.path.dirname(__file__), "instructions.json")


def total(bench, part, count):
    with tempfile.NamedTemporaryFile() as out:
        result = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", bench, "micro", "--part", part,
             "--count", str(count)], capture_output=True, text=True, timeout=300)
        found = re.search(r"Collected : (\d+)", result.stderr)
        if result.returncode != 0 or not found:
            sys.exit(f"callgrind failed on {part}:\n{result.stderr[-800:]}")
        return int(found[1])


class Relay:
    """A relay under callgrind before a mock upstream, counting only between `on` and `off`."""

    def __init__(self, binaries, directory):
        upstream, self.port = free_port(), free_port()
        self.mock = subprocess.Popen(
            [f"{binaries}/relay-bench", "upstream", "--port", str(upstream)], stdout=subprocess.DEVNULL)
        environment = {
            "PATH": os.environ["PATH"], "RELAY_LISTEN": f"127.0.0.1:{self.port}", "RELAY_TOKEN": "count-token",
            "RELAY_UPSTREAM_URL": f"http://127.0.0.1:{upstream}/v1", "RELAY_LOOPS": "1"}
        self.log = open(f"{directory}/valgrind.log", "w+")
        self.process = subprocess.Popen(
            ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={directory}/out",
             f"{binaries}/tokenrelay", "serve"], env=environment, stdout=subprocess.DEVNULL, stderr=self.log)
        for port in (upstream, self.port):
            wait_for(port)

    def switch(self, state):
        subprocess.run(["callgrind_control", "-i", state, str(self.process.pid)], check=True, capture_output=True)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.mock.terminate()
        self.mock.wait(10)
        self.log.seek(0)
        found = re.search(r"Collected : (\d+)", self.log.read())
        return int(found[1]) if found else sys.exit("callgrind counted nothing of the relay")


def post(fields="", stream="false"):
    body = '{"model":"m","stream":%s,"messages":[{"role":"user","content":"%s"}]}' % (stream, "x" * 900)
    return (f"POST /v1/chat/completions HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\n{fields}"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def small_request(relay, count=1500):
    """Requests in turn on one connection."""
    with socket.create_connection(("127.0.0.1", relay.port), 30) as client, client.makefile("rb") as answers:
        def ask(times):
            for _ in range(times):
                client.sendall(post())
                length = 0
                while (line := answers.readline().lower()) != b"\r\n":
                    if line.startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                answers.read(length)
        ask(300)
        relay.switch("on")
        ask(count)
        relay.switch("off")
    return count


def event(relay, count=200):
    """The events of one stream, far enough apart that none travels with another."""
    with socket.create_connection(("127.0.0.1", relay.port), 30) as client, client.makefile("rb") as lines:
        client.sendall(post(
            f"x-bench-rate: 25\r\nx-bench-events: {count + 100}\r\nx-bench-size: 200\r\n", stream="true"))

        def skip(wanted):
            while wanted > 0:
                line = lines.readline() or sys.exit("the stream ended early")
                wanted -= line.startswith(b"data: {")
        skip(25)
        relay.switch("on")
        skip(count)
        relay.switch("off")
    return count


def whole(binaries, drive):
    with tempfile.TemporaryDirectory() as directory:
        relay = Relay(binaries, directory)
        done = drive(relay)
        return round(relay.stop() / done)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="directory of the release binaries")
    parser.add_argument("--update", action="store_true", help="write the counts as the new baseline")
    parser.add_argument("--tolerance", type=float, default=0.05)
    options = parser.parse_args()

    bench, counts = f"{options.bin}/relay-bench", {}
    for part, count in PARTS.items():
        counts[part] = round((total(bench, part, 2 * count) - total(bench, part, count)) / count)
    counts["small request"] = whole(options.bin, small_request)
    counts["event"] = whole(options.bin, event)
    if options.update:
        json.dump(counts, open(BASELINE, "w"), indent=1)
        open(BASELINE, "a").write("\n")
    baseline = json.load(open(BASELINE))
    worse = []
    print(f"{'part':16} {'instructions':>12} {'baseline':>12} {'change':>8}")
    for part, count in counts.items():
        before = baseline.get(part, count)
        change = count / before - 1
        print(f"{part:16} {count:12} {before:12} {change:+8.1%}")
        if abs(change) > options.tolerance:
            worse.append(part)
    if worse:
        sys.exit(f"beyond {options.tolerance:.0%}: {', '.join(worse)}; mend it, or --update the baseline and say why")


main()
