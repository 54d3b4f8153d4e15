# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of the hot parts under callgrind and compares them with the committed baseline.

Counts are repeatable for the same binary and inputs, whatever else the machine does. Each part runs with two counts;
the difference leaves start-up out. A part may grow by the tolerance; more is a failure, and so is a part that became so
much cheaper that the baseline guards nothing any more (run with --update then).
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--update", action="store_true", help="write the counts as the new baseline")
    parser.add_argument("--tolerance", type=float, default=0.05)
    options = parser.parse_args()

    counts = {}
    for part, count in PARTS.items():
        counts[part] = round((total(options.bench, part, 2 * count) - total(options.bench, part, count)) / count)
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
