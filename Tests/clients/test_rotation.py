# SPDX-License-Identifier: Apache-2.0
"""The token changes underneath again and again; no client may notice."""
import hashlib
import threading
import uuid

import httpx

from processes import eventually

ROTATIONS = 6
HELLO = [{"role": "user", "content": "Grüße 你好 🚀"}]


def chat(route):
    assert route.sdk().chat.completions.create(model="m", messages=HELLO).choices[0].message.content


def streamed_chat(route):
    request_id = "rotation-" + uuid.uuid4().hex
    digest = hashlib.sha256()
    # Longer than a token lives now and then: a stream outlasts the token that began it.
    headers = {**route.fields, "X-Request-Id": request_id, "x-demo-piece-interval": "60ms"}
    body = {"model": "m", "messages": HELLO, "stream": True}
    with httpx.stream("POST", route.url + "/v1/chat/completions", json=body, headers=headers, timeout=120) as answer:
        assert answer.status_code == 200
        for piece in answer.iter_raw():
            digest.update(piece)
    sent = route.gateway.stream(request_id)
    assert sent["complete"]
    assert digest.hexdigest() == sent["sha256"]


def embeddings(route):
    sdk = route.sdk()
    compact = sdk.embeddings.create(model="m", input=["a", "b"])
    plain = sdk.embeddings.create(model="m", input=["a", "b"], encoding_format="float")
    assert len(compact.data[1].embedding) == len(plain.data[1].embedding)


def models(route):
    assert list(route.sdk().models.list())


def test_nothing_fails_while_tokens_rotate(relayed):
    start = relayed.gateway.stats()["tokens_issued"]
    over = threading.Event()
    failures, calls = [], []

    def work(call):
        while not over.is_set():
            try:
                call(relayed)
                calls.append(call.__name__)
            except Exception as error:
                failures.append(f"{call.__name__}: {error!r}")
            over.wait(0.02)

    threads = [threading.Thread(target=work, args=[call]) for call in [chat, streamed_chat, embeddings, models] * 2]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: relayed.gateway.stats()["tokens_issued"] - start >= ROTATIONS, "the tokens do not rotate")
    finally:
        over.set()
        for thread in threads:
            thread.join()

    stats = relayed.gateway.stats()
    assert failures == []
    assert stats["tokens_issued"] - start >= ROTATIONS
    assert set(calls) == {"chat", "streamed_chat", "embeddings", "models"}
    # One renewal a life, not one a request.
    assert stats["tokens_issued"] - start < len(calls) / 2


def test_a_revoked_token_costs_the_client_nothing(relayed):
    httpx.post(relayed.gateway.url + "/control/revoke")
    chat(relayed)
