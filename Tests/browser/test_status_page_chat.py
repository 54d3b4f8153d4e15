# SPDX-License-Identifier: Apache-2.0
"""The box that streams a chat through the relay, and what it makes of the way the pieces come."""
import json

import pytest
import requests
from processes import eventually


def send(page, prompt):
    page.type("#model", "demo-chat")
    page.type("#prompt", prompt)
    page.click("#send")


def test_pieces_come_one_by_one_with_their_times(page):
    send(page, "Say something.")
    page.wait("document.querySelectorAll('#pieces tr').length > 3")
    # Not at the end but while it goes on.
    assert page.is_shown("#stop")
    page.wait("!document.getElementById('send').hidden")
    assert "You said: “Say something.”" in page.text("#answer")
    assert "Pieces arrive one by one." in page.text("#verdict")
    pieces = page.run(
        "[...document.querySelectorAll('#pieces tr')].map(row => [...row.cells].map(cell => cell.textContent))"
    )
    assert len(pieces) > 20
    assert all(piece[2].startswith("+") for piece in pieces[1:])
    assert page.run("document.querySelector('#strip .piece').getAttribute('d')").count("M") == len(pieces)


def test_model_names_are_offered(page):
    page.run("document.getElementById('model').focus()")
    page.wait("document.getElementById('models').options.length > 0")
    assert "demo-chat" in page.run("[...document.getElementById('models').options].map(option => option.value)")


def test_stopped_by_hand(page, gateway):
    cancelled = gateway.stats()["cancelled"]
    send(page, "A long one. " * 20)
    page.wait("document.querySelectorAll('#pieces tr').length > 2")
    page.click("#stop")
    page.wait("!document.getElementById('send').hidden")
    assert "Stopped." in page.text("#verdict")
    eventually(lambda: gateway.stats()["cancelled"] > cancelled, "the call went on upstream")


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"drop-after": 5}, "The answer was cut off."),
        ({"status": 500}, "Answered 500 instead of a stream."),
    ],
)
def test_failures_are_named(page, gateway, wish, expected):
    # The list of models comes first, or the failure would be spent on it.
    page.run("document.getElementById('model').focus()")
    page.wait("document.getElementById('models').options.length > 0")
    requests.post(gateway.url + "/control/failures", json={"requests": 1, **wish}, timeout=120)
    send(page, "Fail, please.")
    page.wait(f"document.getElementById('verdict').textContent.includes({json.dumps(expected)})")
    page.wait("!document.getElementById('send').hidden")
    # A failed load is what was asked for here.
    page.complaints = [text for text in page.complaints if "Failed to load resource" not in text]


def record(first_byte, total, pieces):
    """What the relay says of the same exchange."""
    return {"first_byte_ms": first_byte, "total_ms": total, "pieces": pieces}


PIECES = {
    "one by one": ([100 + 40 * n for n in range(20)], 1),
    "one lump": ([1500], 20),
    "one lump of two reads": ([1500, 1502], 10),
    "groups": ([500, 1000, 1500, 2000], 5),
    "quick": ([40], 20),
    "few": ([40, 80], 1),
}


@pytest.mark.parametrize(
    ("case", "seen", "expected"),
    [
        ("one by one", None, ["good", "one by one"]),
        ("one lump", record(100, 1500, 20), ["bad", "between the relay and this browser"]),
        ("one lump", record(1490, 1500, 1), ["bad", "look at the gateway"]),
        ("one lump of two reads", record(1490, 1502, 2), ["bad", "look at the gateway"]),
        ("one lump", None, ["bad", "one lump"]),
        ("groups", record(500, 2000, 4), ["warn", "only 4 groups"]),
        ("groups", record(100, 2000, 20), ["warn", "between the relay and this browser"]),
        ("quick", record(30, 40, 20), ["warn", "too quick"]),
        ("few", None, ["", "Too few"]),
    ],
)
def test_verdicts(page, case, seen, expected):
    times, events = PIECES[case]
    pieces = [{"at": at, "gap": at - ([times[0], *times][index]), "events": events} for index, at in enumerate(times)]
    kind, *sentences = page.run(f"judge({json.dumps(pieces)}, {len(times) * events}, {json.dumps(seen)})")
    assert kind == expected[0]
    assert expected[1] in " ".join(sentences)


def test_events_are_found_however_they_are_cut(page):
    stream = 'data: {"choices":[{"delta":{"content":"é1"}}]}\r\n\r\n: comment\n\n'
    stream += 'data: {"choices":[{"delta":{"content":"2"}}]}\n\ndata: [DONE]\n\n'
    data = list(stream.encode())
    for size in (1, 2, 3, 7, 50, len(data)):
        found = page.run(
            f"""(() => {{
              const bytes = new Uint8Array({json.dumps(data)}), text = new EventText();
              let all = "", events = 0;
              for (let at = 0; at < bytes.length; at += {size}) {{
                const piece = text.push(bytes.slice(at, at + {size}));
                all += piece.text; events += piece.events;
              }}
              return [all, events, text.isDone];
            }})()"""
        )
        assert found == ["é12", 3, True], size
