# SPDX-License-Identifier: Apache-2.0
"""What clients and the issuer see while tokens follow each other a thousand times: a table, and JSON with --json FILE.

Four scenarios at once, of several relays each, every relay before a gateway of its own that issues tokens of a few
seconds and judges each by its own clock. Back-off is as short as can be, everything else is as shipped. Loopback only;
ends by itself.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field

REQUEST_BODY = b'{"model":"m","messages":[{"role":"user","content":"hello"}]}'
ANSWER = b'{"choices":[{"message":{"role":"assistant","content":"hi"}}]}'
CLIENT_ID, CLIENT_SECRET = "figures", "figures-secret"


@dataclass
class Scenario:
    """How the issuer misbehaves."""

    name: str
    down: float = 0  # share of each token's life, from its start, in which the issuer answers 500
    revoke_every: float = 0  # seconds
    failing: float = 0  # share of the issuer's calls that answer 500


@dataclass
class Gateway:
    """Issuer and upstream on one port."""

    scenario: Scenario
    lifetime: float
    issued_at: dict = field(default_factory=dict)
    current: str = ""
    revoked: set = field(default_factory=set)
    rotations: list = field(default_factory=list)
    calls: int = 0
    ended_seen: int = 0
    revoked_seen: int = 0

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = 0
                token = ""
                for line in head.split(b"\r\n")[1:]:
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                    elif name.lower() == b"authorization":
                        token = value.strip().decode()
                if length:
                    await reader.readexactly(length)
                if head.startswith(b"POST /oauth/token"):
                    status, body = self.issue()
                else:
                    status, body = self.judge(token.removeprefix("Bearer "))
                writer.write(
                    b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                    % (status, len(body), body)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def issue(self):
        self.calls += 1
        now = time.monotonic()
        is_down = self.current and now < self.issued_at[self.current] + self.scenario.down * self.lifetime
        if is_down or random.random() < self.scenario.failing:
            return 500, b'{"error":"server_error"}'
        self.current = f"token-{len(self.issued_at)}-{random.getrandbits(64):016x}"
        self.issued_at[self.current] = now
        self.rotations.append(now)
        answer = {"access_token": self.current, "token_type": "Bearer", "expires_in": self.lifetime}
        return 200, json.dumps(answer).encode()

    def judge(self, token):
        issued = self.issued_at.get(token)
        if issued is None or token in self.revoked:
            self.revoked_seen += 1
            return 401, b'{"error":{"message":"revoked"}}'
        if time.monotonic() >= issued + self.lifetime:
            self.ended_seen += 1
            return 401, b'{"error":{"message":"ended"}}'
        return 200, ANSWER


@dataclass
class Load:
    """Clients that ask again and again, and what they got."""

    latencies: list = field(default_factory=list)  # (start, seconds)
    failures: dict = field(default_factory=dict)
    over: bool = False

    async def client(self, port, pause):
        reader = writer = None
        request = (
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(REQUEST_BODY), REQUEST_BODY)
        )
        while not self.over:
            start = time.monotonic()
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request)
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                outcome = head.split(b" ", 2)[1].decode()
            except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, IndexError) as error:
                outcome = type(error).__name__
                if writer is not None:
                    writer.close()
                writer = None
            self.latencies.append((start, time.monotonic() - start))
            if outcome != "200":
                self.failures[outcome] = self.failures.get(outcome, 0) + 1
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
        if writer is not None:
            writer.close()


async def start_relay(binary, port, log):
    environment = {
        "PATH": os.environ["PATH"],
        "RELAY_LISTEN": "127.0.0.1:0",
        "RELAY_UPSTREAM_URL": f"http://127.0.0.1:{port}/v1",
        "RELAY_OAUTH_TOKEN_URL": f"http://127.0.0.1:{port}/oauth/token",
        "RELAY_OAUTH_CLIENT_ID": CLIENT_ID,
        "RELAY_OAUTH_CLIENT_SECRET": CLIENT_SECRET,
        # The shortest there is: 1s..30s would be as long as the tokens live.
        "RELAY_TOKEN_BACKOFF": "100ms..200ms",
    }
    process = await asyncio.create_subprocess_exec(binary, "serve", env=environment, stdout=log)
    for _ in range(200):
        await asyncio.sleep(0.1)
        for line in open(log.name, encoding="utf-8"):
            if '"msg":"listening"' in line:
                return process, int(json.loads(line)["address"].rsplit(":", 1)[1])
    raise SystemExit("the relay does not listen")


async def metrics(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("relay_token_renewals_total"))


async def run(scenario, options):
    """The scenario on several relays, which share its rotations."""
    return report(scenario, options, await asyncio.gather(*(run_one(scenario, options) for _ in range(options.relays))))


async def run_one(scenario, options):
    gateway = Gateway(scenario, options.lifetime)
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with tempfile.NamedTemporaryFile("w", prefix="token-figures-") as log:
        process, relay = await start_relay(options.binary, port, log)
        load = Load()
        while not gateway.current:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)  # till the relay has the token too
        clients = [asyncio.create_task(load.client(relay, options.pause)) for _ in range(options.clients)]
        began, first, next_revocation = time.monotonic(), len(gateway.rotations), scenario.revoke_every
        wanted = -(-options.rotations // options.relays)
        while len(gateway.rotations) - first < wanted and time.monotonic() - began < options.seconds:
            await asyncio.sleep(0.05)
            if scenario.revoke_every and time.monotonic() - began >= next_revocation:
                next_revocation += scenario.revoke_every
                gateway.revoked.add(gateway.current)
        elapsed = time.monotonic() - began
        load.over = True
        await asyncio.gather(*clients)
        counters = await metrics(relay)
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 40)
        server.close()
        lines = [json.loads(line) for line in open(log.name, encoding="utf-8")]
    forced = sum(float(value) for name, value in counters.items() if 'trigger="forced"' in name)
    return gateway, load, elapsed, forced, lines


def latencies_at_rotations(gateway, load):
    """Of requests that were under way when a token was issued, or began up to 20 ms later."""
    rotations = iter(gateway.rotations)
    rotation = next(rotations, None)
    for start, latency in sorted(load.latencies):
        while rotation is not None and rotation < start - 0.02:
            rotation = next(rotations, None)
        if rotation is not None and rotation <= start + latency:
            yield latency


def report(scenario, options, runs):
    gateways = [gateway for gateway, *_ in runs]
    elapsed = statistics.mean(seconds for _, _, seconds, _, _ in runs)
    forced = sum(count for _, _, _, count, _ in runs)
    lines = [line for *_, lines in runs for line in lines]
    calls = sum(gateway.calls for gateway in gateways)
    failures = {}
    for _, load, *_ in runs:
        for kind, count in load.failures.items():
            failures[kind] = failures.get(kind, 0) + count
    seconds = sorted(latency for _, load, *_ in runs for _, latency in load.latencies)
    median = statistics.median(seconds)
    near = [latency for gateway, load, *_ in runs for latency in latencies_at_rotations(gateway, load)]
    waits = [line["token_ms"] for line in lines if isinstance(line.get("token_ms"), (int, float))]
    hours = elapsed / 3600 * len(runs)
    scaled = (calls - forced) * options.lifetime / 300 + forced
    return {
        "scenario": scenario.name,
        "seconds": round(elapsed, 1),
        "rotations": sum(len(gateway.rotations) - 1 for gateway in gateways),
        "requests": len(seconds),
        "failures": sum(failures.values()),
        "failures_by_kind": failures,
        "replays": sum(1 for line in lines if line.get("replayed")),
        "ended_tokens_seen": sum(gateway.ended_seen for gateway in gateways),
        "issuer_calls": calls,
        "issuer_calls_forced": int(forced),
        "issuer_calls_per_hour": round(calls / hours),
        "issuer_calls_per_hour_at_300_s": round(scaled / hours, 1),
        "median_ms": round(median * 1000, 2),
        "p99_ms": round(seconds[int(len(seconds) * 0.99)] * 1000, 2),
        "median_at_rotation_ms": round(statistics.median(near) * 1000, 2) if near else None,
        "longest_at_rotation_ms": round(max(near, default=0) * 1000, 2),
        "longest_ms": round(seconds[-1] * 1000, 2),
        "requests_that_waited_for_a_token": sum(1 for wait in waits if wait > 0),
        "longest_wait_for_a_token_ms": max(waits, default=0),
    }


COLUMNS = [
    ("scenario", "scenario"),
    ("rotations", "rotations"),
    ("requests", "requests"),
    ("failures", "failures"),
    ("replays", "replays"),
    ("ended_tokens_seen", "ended"),
    ("issuer_calls_per_hour", "calls/h"),
    ("issuer_calls_per_hour_at_300_s", "calls/h (300 s)"),
    ("median_ms", "median ms"),
    ("median_at_rotation_ms", "at rotation"),
    ("longest_at_rotation_ms", "longest there"),
    ("requests_that_waited_for_a_token", "waited"),
    ("longest_wait_for_a_token_ms", "longest wait ms"),
]


def table(results):
    rows = [[title for _, title in COLUMNS]] + [[str(result[key]) for key, _ in COLUMNS] for result in results]
    widths = [max(len(row[index]) for row in rows) for index in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="the tokenrelay to measure")
    parser.add_argument("--rotations", type=int, default=1000, help="in each scenario (1000)")
    parser.add_argument("--lifetime", type=float, default=2, help="of a token, in seconds (2)")
    parser.add_argument("--relays", type=int, default=4, help="for each scenario (4)")
    parser.add_argument("--clients", type=int, default=2, help="for each relay (2)")
    parser.add_argument("--pause", type=float, default=0.06, help="mean time between a client's requests (0.06 s)")
    parser.add_argument("--seconds", type=float, default=600, help="longest run (600)")
    parser.add_argument("--json", help="where to write all figures")
    options = parser.parse_args()
    scenarios = [
        Scenario("rotation"),
        Scenario("issuer down for 60 % of each life", down=0.6),
        Scenario("revocation every 10 s", revoke_every=10),
        Scenario("1 % of issuer calls fail", failing=0.01),
    ]
    results = await asyncio.gather(*(run(scenario, options) for scenario in scenarios))
    print(table(results))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"lifetime": options.lifetime, "results": results}, out, indent=2)
    return 1 if any(result["failures"] or result["ended_tokens_seen"] for result in results) else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
