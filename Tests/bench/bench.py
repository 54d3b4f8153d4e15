# SPDX-License-Identifier: Apache-2.0
"""Measures the relay beside nginx, in turn, several rounds, and prints medians with their spread.

CPU is the process's own time over what it served; every figure of the relay has nginx's of the same round beside it.
nginx writes no access log; the relay writes its own. The relay is built as it is shipped.
"""
import argparse
import json
import statistics
import subprocess
import time

from common import Field, start_streams, streams, wrk

# A rate is held if every event arrives, and 99 of 100 within this many microseconds.
HELD = 20_000
RATES = (50, 100, 200, 300, 400, 600, 800, 1000, 1200, 1400, 1600, 2000)


class Figures:
    def __init__(self):
        self.values = {}

    def note(self, name, what, value):
        self.values.setdefault(what, {}).setdefault(name, []).append(value)

    def table(self):
        rows = []
        for what, values in self.values.items():
            medians = {name: statistics.median(found) for name, found in values.items()}
            spread = {name: [min(found), max(found)] for name, found in values.items()}
            ratio = round(medians["relay"] / medians["nginx"], 2) if medians.get("nginx") else None
            rows.append({"figure": what, "median": medians, "spread": spread, "ratio": ratio})
        return rows

    def show(self):
        def cell(row, name):
            if name not in row["median"]:
                return ""
            low, high = row["spread"][name]
            return f"{row['median'][name]:.1f} ({low:.1f}..{high:.1f})"
        print(f"{'figure':44} {'direct':>24} {'nginx':>26} {'relay':>26} {'ratio':>6}")
        for row in self.table():
            ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
            print(f"{row['figure']:44} {cell(row, 'direct'):>24} {cell(row, 'nginx'):>26} {cell(row, 'relay'):>26} "
                  f"{ratio:>6}")


def one_loop(figures, options):
    """Cost and delay, in rounds: nginx and the relay take turns within each."""
    with Field(options.bin) as field:
        for _ in range(options.rounds):
            direct = wrk(field.upstream, field.script, 1, 2)
            for share in ("p50", "p99"):
                figures.note("direct", f"latency {share} at one connection, us", direct[share])
            first = streams(field.bench, field.upstream, 1, 50, 1)["first_us_p50"]
            figures.note("direct", "time to first event, us", first)
            for subject in field.subjects:
                name, port = subject.name, subject.port
                single = wrk(port, field.script, 1, 2)
                for share in ("p50", "p99"):
                    figures.note(name, f"added latency {share} at one connection, us", single[share] - direct[share])
                figures.note(
                    name, "time to first event, us", streams(field.bench, port, 1, 50, 1)["first_us_p50"])
                before = subject.cpu()
                many = wrk(port, field.script, 32, options.seconds)
                figures.note(name, "CPU per request, us", (subject.cpu() - before) * 1e6 / many["count"])
                figures.note(name, "requests a second", many["rate"])
                figures.note(name, "failed requests", many["bad"] + single["bad"])
                events(figures, field, subject, options)
        for subject in field.subjects:
            figures.note(subject.name, "memory after load, KiB", subject.rss())
        for subject in [field.running[0], *field.subjects]:
            figures.note(subject.name, "events a second held", held(field, subject.port, options.streams))


def events(figures, field, subject, options):
    """What an event costs while all streams run, and how late it is.

    Twice: soon after the streams have begun, and when they are older than any clock of their connection's making.
    """
    young, settled = 1, 11
    load = start_streams(field.bench, subject.port, options.streams, options.rate, settled + options.seconds + 1)
    start = time.monotonic()

    def cost(after):
        time.sleep(max(0, start + after - time.monotonic()))
        began, before = time.monotonic(), subject.cpu()
        time.sleep(options.seconds)
        used, took = subject.cpu() - before, time.monotonic() - began
        return used * 1e6 / (took * options.rate * options.streams)

    figures.note(subject.name, "CPU per event of young streams, us", cost(young))
    figures.note(subject.name, "CPU per event, us", cost(settled))
    result = json.loads(load.communicate()[0])
    for share in ("p50", "p99"):
        figures.note(subject.name, f"event delay {share}, us", result[f"delay_us_{share}"])
    figures.note(subject.name, "events lost", result["expected"] - result["events"])


def one_core(figures, options):
    """Latency with load, subject and upstream on one core: no wake-up of a sleeping core is in it, which costs more
    than any of them and comes or not as the scheduler places them."""
    with Field(options.bin, core=0) as field:
        for _ in range(options.rounds):
            direct = wrk(field.upstream, field.script, 1, 2, pin=field.pin)
            for share in ("p50", "p99"):
                figures.note("direct", f"latency {share}, all on one core, us", direct[share])
            for subject in field.subjects:
                single = wrk(subject.port, field.script, 1, 2, pin=field.pin)
                for share in ("p50", "p99"):
                    figures.note(
                        subject.name, f"added latency {share}, all on one core, us", single[share] - direct[share])


def held(field, port, count):
    """The highest rate of `count` streams together at which nothing is lost and little is late."""
    best = 0
    for rate in RATES:
        result = streams(field.bench, port, count, rate, 3)
        if result["events"] < result["expected"] or result["delay_us_p99"] > HELD:
            break
        best = rate * count
    return best


def memory(figures, options):
    """Fresh processes: at rest, and with many streams that say something once a second."""
    with Field(options.bin) as field:
        for subject in field.subjects:
            streams(field.bench, subject.port, 10, 10, 1)
            idle = subject.rss()
            figures.note(subject.name, "idle memory, KiB", idle)
            load = subprocess.Popen(
                [field.bench, "streams", "--port", str(subject.port), "--streams", str(options.idle), "--rate", "1",
                 "--seconds", "6"], stdout=subprocess.DEVNULL)
            peak = idle
            while load.poll() is None:
                peak = max(peak, subject.rss())
                try:
                    load.wait(0.1)
                except subprocess.TimeoutExpired:
                    pass
            figures.note(subject.name, "memory per idle stream, KiB", (peak - idle) / options.idle)


def two_loops(figures, options):
    """Throughput and cost with two loops (workers) against one; the load takes its share of the same cores."""
    for loops in (1, 2):
        with Field(options.bin, loops) as field:
            for _ in range(options.rounds):
                for subject in field.subjects:
                    before = subject.cpu()
                    many = wrk(subject.port, field.script, 64, options.seconds, threads=2)
                    cost = (subject.cpu() - before) * 1e6 / many["count"]
                    figures.note(subject.name, f"requests a second, {loops} loop(s), 64 connections", many["rate"])
                    figures.note(subject.name, f"CPU per request, {loops} loop(s), us", cost)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="directory of the release binaries")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--idle", type=int, default=1000, help="streams for the memory of one")
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args()
    figures = Figures()
    memory(figures, options)
    one_loop(figures, options)
    one_core(figures, options)
    two_loops(figures, options)
    figures.show()
    if options.json:
        with open(options.json, "w") as file:
            json.dump(figures.table(), file, indent=1)


main()
