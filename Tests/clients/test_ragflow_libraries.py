# SPDX-License-Identifier: Apache-2.0
"""litellm and cohere as RAGFlow uses them, in the versions it pins, while the token changes underneath."""
import asyncio

import cohere
import litellm
import pytest

HELLO = [{"role": "user", "content": "Grüße 你好 🚀"}]
TOOL = {"type": "function", "function": {"name": "search", "parameters": {"type": "object", "properties": {}}}}


def completion(route, **options):
    """RAGFlow's LiteLLMBase: streams always ask for usage; unknown settings are dropped; the library retries."""
    if options.get("stream"):
        options["stream_options"] = {"include_usage": True}
    return litellm.acompletion(
        model="openai/demo-chat", messages=HELLO, api_key=route.key, api_base=route.url + "/v1", drop_params=True,
        num_retries=5, timeout=120, temperature=0.1, user="session-1", **options)


async def text_of(stream):
    pieces = [chunk async for chunk in stream]
    return "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices), pieces


def test_litellm_streamed_and_whole(route):
    async def both():
        whole = await completion(route)
        return whole.choices[0].message.content, await text_of(await completion(route, stream=True))

    whole, (streamed, _) = asyncio.run(both())
    assert "你好 🚀" in whole
    assert streamed == whole


def test_litellm_with_tools(route):
    async def call():
        stream = await completion(route, stream=True, tools=[TOOL], tool_choice="auto")
        _, pieces = await text_of(stream)
        return pieces

    arguments = ""
    for piece in asyncio.run(call()):
        for part in (piece.choices[0].delta.tool_calls or []) if piece.choices else []:
            arguments += part.function.arguments or ""
    assert arguments == '{"query":"示例 demo"}'


def test_litellm_many_at_once(route):
    async def all_of_them():
        async def one():
            return (await text_of(await completion(route, stream=True)))[0]

        return await asyncio.gather(*(one() for _ in range(20)))

    assert len(set(asyncio.run(all_of_them()))) == 1


def test_litellm_sees_a_torn_stream(relayed):
    """Behind the relay it does; a connection that is merely cut it takes for the end of the answer."""
    torn = {"x-demo-drop-after": "3", "x-demo-drop-kind": "fin"}

    async def call():
        return await text_of(await completion(relayed, stream=True, extra_headers=torn))

    with pytest.raises(litellm.exceptions.MidStreamFallbackError) as error:
        asyncio.run(call())
    assert "upstream stream interrupted" in str(error.value)


@pytest.mark.parametrize("base", ["", "/v1", "/v1/"])
def test_cohere_reranks(relayed, base):
    client = cohere.Client(api_key=relayed.key, base_url=relayed.url + base)
    answer = client.rerank(
        model="demo-rerank", query="token", documents=["apple", "a token", "tok"], top_n=3, return_documents=False)
    assert answer.results[0].index == 1
    assert sorted(result.index for result in answer.results) == [0, 1, 2]
