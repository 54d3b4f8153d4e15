# SPDX-License-Identifier: Apache-2.0
"""What RAGFlow sends, as it sends it: its paths, bodies and client libraries."""
import asyncio
import base64

import aiohttp
import pytest
import requests

RERANK = {"model": "demo-rerank", "query": "token", "documents": ["apple", "a token", "tok"], "top_n": 3}


def test_rerank(route):
    answer = requests.post(route.url + "/v1/rerank", json=RERANK, headers=route.fields, timeout=120)
    results = answer.json()["results"]
    assert [result["index"] for result in results][0] == 1
    assert sorted(result["index"] for result in results) == [0, 1, 2]
    scores = [result["relevance_score"] for result in results]
    assert scores == sorted(scores, reverse=True)


def test_model_list(route):
    async def read():
        async with aiohttp.ClientSession() as session:
            async with session.get(route.url + "/v1/models", headers=route.fields) as answer:
                return answer.status, await answer.json()

    status, body = asyncio.run(read())
    assert status == 200
    assert all(model["max_model_len"] for model in body["data"])


def test_embeddings_carry_fields_that_no_gateway_knows(route):
    answer = route.sdk().embeddings.create(
        model="demo-embed", input=["x"] * 16, encoding_format="float", extra_body={"drop_params": True})
    assert len(answer.data) == 16


def test_speech_is_read_one_byte_at_a_time(route):
    body = {"model": "demo-tts", "voice": "alloy", "input": "Hello~ RAGFlower!"}
    with requests.post(
        route.url + "/v1/audio/speech", json=body, headers=route.fields, stream=True, timeout=120
    ) as answer:
        assert answer.status_code == 200
        assert sum(len(byte) for byte in answer.iter_content()) >= 8 * 4096


def test_vision_bodies_are_large(route):
    url = "data:image/png;base64," + base64.b64encode(bytes(range(256)) * 12_000).decode()
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]
    answer = route.sdk().chat.completions.create(model="demo-vision", messages=[{"role": "user", "content": content}])
    assert "What is this?" in answer.choices[0].message.content


def test_verification_hangs_up_after_the_first_piece(route):
    stream = route.sdk().chat.completions.create(
        model="demo-chat___OpenAI-API", messages=[{"role": "user", "content": "Hi"}], temperature=0.9, stream=True,
        extra_headers={"x-demo-piece-interval": "20ms"})
    for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    stream.close()


@pytest.mark.parametrize("path", ["/v1/rerank", "/rerank", "/v1/v1/rerank", "/v1//rerank", "//v1/rerank/"])
def test_every_spelling_of_a_path_arrives(relayed, path):
    answer = requests.post(relayed.url + path, json=RERANK, headers=relayed.fields, timeout=120)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("field", ["Authorization", "api-key", "x-api-key"])
def test_a_wrong_key_is_refused(relayed, field):
    answer = requests.get(relayed.url + "/v1/models", headers={field: "Bearer wrong"}, timeout=120)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "client_key_rejected"


def test_an_unknown_path_is_named(relayed):
    answer = requests.get(relayed.url + "/v1/nothing/here", headers=relayed.fields, timeout=120)
    assert answer.status_code == 404
    assert "nothing/here" in answer.json()["error"]["message"]
