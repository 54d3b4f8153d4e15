# SPDX-License-Identifier: Apache-2.0
"""Streams must be the gateway's own bytes, whoever reads them and however they were cut."""
import asyncio
import hashlib

import aiohttp
import httpx
import pytest
import requests

BODY = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Grüße 你好 🚀"}]}
DIALECT = {"x-demo-crlf": "true", "x-demo-comments": "true", "x-demo-reasoning": "true"}


def with_httpx(url, headers):
    with httpx.stream("POST", url, json=BODY, headers=headers, timeout=120) as answer:
        return answer.status_code, b"".join(answer.iter_raw())


def with_requests(url, headers):
    with requests.post(url, json=BODY, headers=headers, stream=True, timeout=120) as answer:
        return answer.status_code, b"".join(answer.iter_content(None))


def with_aiohttp(url, headers):
    async def read():
        async with aiohttp.ClientSession() as session, session.post(url, json=BODY, headers=headers) as answer:
            return answer.status, await answer.read()

    return asyncio.run(read())


def check(route, read, request_id, **wishes):
    headers = {**route.fields, "X-Request-Id": request_id, **wishes}
    status, body = read(route.url + "/v1/chat/completions", headers)
    assert status == 200
    sent = route.gateway.stream(request_id)
    assert sent["complete"]
    assert (len(body), hashlib.sha256(body).hexdigest()) == (sent["length"], sent["sha256"])
    return body


@pytest.mark.parametrize("read", [with_httpx, with_requests, with_aiohttp])
@pytest.mark.parametrize("wishes", [{}, DIALECT, {"x-demo-content-length": "true"}, {"x-demo-close-delimited": "true"}])
def test_bytes_are_identical(route, read, wishes, request_id):
    body = check(route, read, request_id, **wishes)
    assert body.rstrip().endswith(b"data: [DONE]")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
def test_bytes_are_identical_in_pieces_of_any_size(route, size, request_id):
    check(route, with_httpx, request_id, **{"x-demo-split-every": str(size), "x-demo-pieces": "8", **DIALECT})


def test_bytes_are_identical_at_every_split(route, request_id):
    """One stream for each place where a short event stream can be cut in two."""
    wishes = {"x-demo-pieces": "1", "x-demo-crlf": "true", "x-demo-comments": "true"}
    length = len(check(route, with_httpx, request_id, **wishes))
    headers = {**route.fields, **wishes}
    with httpx.Client(headers=headers, timeout=120) as client:
        for position in range(length + 1):
            name = f"{request_id}-{position}"
            own = {"X-Request-Id": name, "x-demo-split-at": str(position)}
            with client.stream("POST", route.url + "/v1/chat/completions", json=BODY, headers=own) as answer:
                digest = hashlib.sha256(b"".join(answer.iter_raw())).hexdigest()
            sent = client.get(f"{route.gateway.url}/control/streams/{name}").json()
            assert digest == sent["sha256"], position


@pytest.mark.parametrize("kind", ["fin", "rst"])
def test_a_torn_stream_never_looks_whole(route, kind):
    headers = {**route.fields, "x-demo-drop-after": "3", "x-demo-drop-kind": kind}
    with pytest.raises(httpx.RemoteProtocolError if kind == "fin" or route.name == "relay" else httpx.ReadError):
        with_httpx(route.url + "/v1/chat/completions", headers)
