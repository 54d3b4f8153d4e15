# SPDX-License-Identifier: Apache-2.0
"""Every family is there, of its type, with labels from closed sets, whatever clients make up."""
import json
import re
import socket
import threading

import requests
from processes import Relay, eventually
from scraping import scrape

ENDPOINTS = {
    "chat/completions", "completions", "embeddings", "rerank", "models", "models/id", "responses", "moderations",
    "audio/transcriptions", "audio/translations", "audio/speech", "images/generations", "images/edits",
    "images/variations", "score", "tokenize", "files", "batches", "extra", "healthz", "readyz", "metrics", "status",
    "status.json", "unknown",
}
# Family, type, and what its labels may be besides `le`.
FAMILIES = {
    "relay_build_info": ("gauge", {"version": re.compile(r"\d+\.\d+\.\d+.*")}),
    "relay_requests_total": ("counter", {
        "endpoint": ENDPOINTS, "status": re.compile(r"[1-5]\d\d"),
        "client": {"tests", "anonymous", "rejected", "other"},
    }),
    "relay_exchange_seconds": ("histogram", {"endpoint": ENDPOINTS}),
    "relay_first_byte_seconds": ("histogram", {"endpoint": ENDPOINTS}),
    "relay_overhead_seconds": ("histogram", {}),
    "relay_piece_gap_seconds": ("histogram", {}),
    "relay_inflight": ("gauge", {}),
    "relay_queue_depth": ("gauge", {}),
    "relay_connections": ("gauge", {}),
    "relay_event_streams": ("gauge", {}),
    "relay_bytes_total": ("counter", {"direction": {"from_client", "to_client"}}),
    "relay_cancelled_total": ("counter", {"side": {"client", "relay"}}),
    "relay_truncated_total": ("counter", {}),
    "relay_slow_reader_total": ("counter", {}),
    "relay_replays_total": ("counter", {"outcome": {"accepted", "rejected", "failed"}}),
    "relay_upstream_errors_total": ("counter", {"kind": re.compile(r"[a-z_]{2,30}")}),
    "relay_token_seconds_to_expiry": ("gauge", {}),
    "relay_token_age_seconds": ("gauge", {}),
    "relay_token_renewals_total": ("counter", {
        "trigger": {"timer", "demand", "forced"}, "result": {"success", "failure"},
    }),
    "relay_token_renewal_seconds": ("histogram", {}),
    "relay_token_generation": ("gauge", {}),
    "relay_usage_tokens_total": ("counter", {
        "endpoint": ENDPOINTS, "model": re.compile(r"[ -~]{1,128}"),
        "kind": {"prompt", "completion", "cached", "reasoning"},
    }),
    "process_cpu_seconds_total": ("counter", {}),
    "process_resident_memory_bytes": ("gauge", {}),
    "process_virtual_memory_bytes": ("gauge", {}),
    "process_open_fds": ("gauge", {}),
    "process_max_fds": ("gauge", {}),
    "process_threads": ("gauge", {}),
    "process_start_time_seconds": ("gauge", {}),
}
MADE_UP = 10_000


def check(families):
    for name, (kind, samples) in families.items():
        assert name in FAMILIES, f"{name} is new: list it here and in the README"
        wanted, labels = FAMILIES[name]
        assert kind == wanted, name
        for sample in samples:
            assert set(sample.labels) - {"le"} == set(labels), sample
            for label, allowed in labels.items():
                value = sample.labels[label]
                is_allowed = allowed.fullmatch(value) if isinstance(allowed, re.Pattern) else value in allowed
                assert is_allowed, f"{name}: {label}={value}"
        if kind == "histogram":
            check_histogram(name, samples)


def check_histogram(name, samples):
    """Buckets grow, and end at +Inf with the count."""
    series = {}
    for sample in samples:
        labels = tuple(sorted((key, value) for key, value in sample.labels.items() if key != "le"))
        series.setdefault(labels, {"buckets": []})
        if sample.name.endswith("_bucket"):
            series[labels]["buckets"].append((float(sample.labels["le"]), sample.value))
        else:
            series[labels][sample.name.removeprefix(name)] = sample.value
    for values in series.values():
        bounds, counts = zip(*values["buckets"])
        assert list(bounds) == sorted(set(bounds)) and bounds[-1] == float("inf")
        assert list(counts) == sorted(counts) and counts[-1] == values["_count"]
        assert values["_sum"] >= 0


def value(families, name, suffix="", **labels):
    return sum(
        sample.value for sample in families[name][1]
        if sample.name == name + suffix and labels.items() <= sample.labels.items()
    )


def test_all_families_are_there_and_count(relay):
    fields = {"Authorization": "Bearer " + Relay.KEY}
    chat = {"model": "demo-chat", "stream": True, "messages": [{"role": "user", "content": "x"}],
            "stream_options": {"include_usage": True}}
    before = scrape(relay.url)
    check(before)
    for _ in range(3):
        assert requests.post(relay.url + "/v1/chat/completions", json=chat, headers=fields, timeout=120).ok
    torn = requests.post(relay.url + "/v1/chat/completions", json=chat, headers=fields | {"x-demo-drop-after": "2"},
                         timeout=120, stream=True)
    try:
        assert b"upstream_stream_interrupted" in b"".join(torn.iter_content(None))
    except requests.exceptions.ChunkedEncodingError:
        pass
    assert requests.get(relay.url + "/v1/models", timeout=120).status_code == 401
    # An exchange is counted at its end, which may come after its client has read the last byte.
    eventually(lambda: value(scrape(relay.url), "relay_exchange_seconds", "_count", endpoint="chat/completions") == 4,
               "an exchange was not counted")
    after = scrape(relay.url)
    check(after)
    missing = set(FAMILIES) - set(after)
    assert not missing, missing
    assert value(after, "relay_requests_total", endpoint="chat/completions", status="200", client="tests") == 4
    assert value(after, "relay_requests_total", endpoint="models", status="401", client="rejected") == 1
    assert value(after, "relay_exchange_seconds", "_count", endpoint="chat/completions") == 4
    assert value(after, "relay_first_byte_seconds", "_count", endpoint="chat/completions") == 4
    assert value(after, "relay_overhead_seconds", "_count") == 4
    assert value(after, "relay_piece_gap_seconds", "_count") > 30
    assert value(after, "relay_truncated_total") == 1
    assert value(after, "relay_upstream_errors_total") == 1
    assert value(after, "relay_inflight") == value(after, "relay_event_streams") == 0
    assert value(after, "relay_token_generation") == value(after, "relay_token_renewals_total", result="success") == 1
    assert 0 < value(after, "relay_token_seconds_to_expiry") <= 600
    assert value(after, "relay_usage_tokens_total", model="demo-chat", kind="completion") > 0
    sent = [value(families, "relay_bytes_total", direction="to_client") for families in (before, after)]
    assert sent[1] > sent[0]


def test_token_families_are_absent_for_a_fixed_token(gateway):
    relay = Relay(gateway, RELAY_TOKEN=gateway.token(), RELAY_OAUTH_TOKEN_URL="", RELAY_OAUTH_CLIENT_ID="",
                  RELAY_OAUTH_CLIENT_SECRET="")
    try:
        families = scrape(relay.url)
    finally:
        relay.stop()
    check(families)
    assert not [name for name in families if name.startswith("relay_token")]


def ask_all(address, requests_, answers):
    """Sends requests one behind the other on one connection and counts the status lines that come back."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=120) as connection:
        sender = threading.Thread(target=connection.sendall, args=(b"".join(requests_),), daemon=True)
        sender.start()
        count, rest = 0, b""
        while count < len(requests_):
            piece = connection.recv(1 << 18)
            assert piece, f"closed after {count} answers"
            rest += piece
            count += rest.count(b"HTTP/1.1 ")
            rest = rest[-8:]
        sender.join(120)
    answers.append(count)


def test_made_up_models_and_paths_cost_a_bounded_number_of_series(relay):
    address = relay.url.removeprefix("http://")
    fields = f"Host: relay\r\nAuthorization: Bearer {Relay.KEY}\r\n"

    def path(number):
        return f"GET /v1/made-up/{number} HTTP/1.1\r\n{fields}\r\n".encode()

    def model(number):
        body = json.dumps({"model": f"made-up-{number}", "input": "x"})
        head = f"POST /v1/embeddings HTTP/1.1\r\n{fields}Content-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    answers, threads = [], []
    for make in (path, model):
        for start in range(4):
            work = [make(number) for number in range(start, MADE_UP, 4)]
            threads.append(threading.Thread(target=ask_all, args=(address, work, answers), daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(400)
    assert sum(answers) == 2 * MADE_UP
    eventually(lambda: value(scrape(relay.url), "relay_requests_total", endpoint="embeddings") == MADE_UP,
               "a request was not counted")
    families = scrape(relay.url)
    check(families)
    assert value(families, "relay_requests_total", endpoint="unknown", status="404") == MADE_UP
    assert value(families, "relay_requests_total", endpoint="embeddings", status="200") == MADE_UP
    models = {sample.labels["model"] for sample in families["relay_usage_tokens_total"][1]}
    assert len(models) == 51 and "other" in models
    series = {name: len(samples) for name, (_, samples) in families.items()}
    assert series["relay_requests_total"] <= 6
    assert sum(series.values()) < 400, series
    print(f"{len(series)} families, {sum(series.values())} series")
