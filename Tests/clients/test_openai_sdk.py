# SPDX-License-Identifier: Apache-2.0
"""The OpenAI Python SDK, every endpoint it has for a gateway; run with the current version, RAGFlow's, and a 1.x."""
import asyncio
import hashlib
import io
import math

import openai
import pytest

HELLO = [{"role": "user", "content": "Grüße 你好 🚀"}]
IS_OLD = openai.__version__.startswith("1.")
TOOL = {"type": "function", "function": {"name": "search", "parameters": {"type": "object", "properties": {}}}}


def test_chat(route):
    answer = route.sdk().chat.completions.create(model="demo-chat", messages=HELLO)
    assert "你好 🚀" in answer.choices[0].message.content
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_streamed_chat_equals_the_whole_one(route):
    sdk = route.sdk()
    whole = sdk.chat.completions.create(model="demo-chat", messages=HELLO).choices[0].message.content
    chunks = list(sdk.chat.completions.create(model="demo-chat", messages=HELLO, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_usage_comes_only_when_asked_for(route):
    def usages(**options):
        chunks = route.sdk().chat.completions.create(model="demo-chat", messages=HELLO, stream=True, **options)
        return [chunk.usage for chunk in chunks if chunk.usage]

    assert usages() == []
    assert len(usages(stream_options={"include_usage": True})) == 1


def test_streamed_tool_call(route):
    chunks = route.sdk().chat.completions.create(model="demo-chat", messages=HELLO, tools=[TOOL], stream=True)
    arguments, finish = "", None
    for chunk in chunks:
        for call in chunk.choices[0].delta.tool_calls or []:
            arguments += call.function.arguments or ""
        finish = chunk.choices[0].finish_reason or finish
    assert arguments == '{"query":"示例 demo"}'
    assert finish == "tool_calls"


def test_sdk_stream_helper(route):
    sdk = route.sdk()
    completions = sdk.beta.chat.completions if IS_OLD else sdk.chat.completions
    with completions.stream(model="demo-chat", messages=HELLO) as stream:
        stream.until_done()
        assert "你好" in stream.get_final_completion().choices[0].message.content


def test_leaving_a_stream_early_does_no_harm(route):
    sdk = route.sdk()
    slow = {"x-demo-piece-interval": "50ms", "x-demo-pieces": "1000"}
    with sdk.chat.completions.create(model="m", messages=HELLO, stream=True, extra_headers=slow) as stream:
        next(iter(stream))
    assert sdk.chat.completions.create(model="m", messages=HELLO).choices


@pytest.mark.parametrize("count", [1, 16])
def test_embeddings_in_both_formats(route, count):
    sdk = route.sdk()
    texts = [f"text {number} 文本" for number in range(count)]
    # Without a format the SDK asks for base64 and decodes it.
    compact = sdk.embeddings.create(model="demo-embed", input=texts)
    plain = sdk.embeddings.create(model="demo-embed", input=texts, encoding_format="float")
    assert [item.index for item in plain.data] == list(range(count))
    for one, other in zip(compact.data, plain.data, strict=True):
        assert len(one.embedding) == 256
        assert all(math.isclose(a, b, abs_tol=1e-6) for a, b in zip(one.embedding, other.embedding, strict=True))


def test_embeddings_of_wished_length(route):
    answer = route.sdk().embeddings.create(model="demo-embed", input="x", dimensions=3)
    assert len(answer.data[0].embedding) == 3


def test_models(route):
    sdk = route.sdk()
    names = [model.id for model in sdk.models.list()]
    assert "demo-chat" in names
    # A slash and colons inside one identifier.
    assert sdk.models.retrieve("demo/ft:chat:2026").id == "demo/ft:chat:2026"
    with pytest.raises(openai.NotFoundError):
        sdk.models.retrieve("none")


def test_completions(route):
    sdk = route.sdk()
    whole = sdk.completions.create(model="m", prompt="hi").choices[0].text
    assert "".join(c.choices[0].text for c in sdk.completions.create(model="m", prompt="hi", stream=True)) == whole


@pytest.mark.skipif(IS_OLD, reason="the SDK came to it later")
def test_responses(route):
    sdk = route.sdk()
    whole = sdk.responses.create(model="m", input="hi")
    events = list(sdk.responses.create(model="m", input="hi", stream=True))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == whole.output_text
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert sdk.responses.retrieve(whole.id).output_text == whole.output_text
    sdk.responses.delete(whole.id)


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_transcription_and_translation(route):
    data = bytes(range(256)) * 4000
    digest = hashlib.sha256(data).hexdigest()
    for endpoint in [route.sdk().audio.transcriptions, route.sdk().audio.translations]:
        answer = endpoint.create(model="demo-whisper-asr", file=("größe.wav", io.BytesIO(data), "audio/wav"))
        assert digest in answer.text


def test_speech(route, request_id):
    digest = hashlib.sha256()
    with route.sdk().audio.speech.with_streaming_response.create(
        model="demo-tts", voice="alloy", input="Hello~", extra_headers={"X-Request-Id": request_id}
    ) as answer:
        assert answer.headers["content-type"] == "audio/mpeg"
        for piece in answer.iter_bytes():
            digest.update(piece)
    assert digest.hexdigest() == route.gateway.stream(request_id)["sha256"]


def test_images_and_moderations(route):
    sdk = route.sdk()
    assert sdk.images.generate(model="demo-image", prompt="x").data[0].b64_json
    assert sdk.images.edit(model="demo-image", prompt="x", image=("a.png", b"png")).data[0].b64_json
    assert not sdk.moderations.create(input="x").results[0].flagged


def test_files_and_batches(route):
    sdk = route.sdk()
    file = sdk.files.create(file=("in.jsonl", b"{}\n"), purpose="batch")
    assert file.bytes == 3
    assert file.id in [item.id for item in sdk.files.list()]
    assert "内容" in sdk.files.content(file.id).text
    batch = sdk.batches.create(input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h")
    assert sdk.batches.retrieve(batch.id).id == batch.id
    assert sdk.batches.cancel(batch.id).status == "cancelling"
    assert sdk.files.delete(file.id).deleted


def test_errors_of_the_gateway_come_through(route):
    with pytest.raises(openai.BadRequestError) as error:
        route.sdk().chat.completions.create(model="m", messages=[])
    assert "messages" in error.value.message
    with pytest.raises(openai.RateLimitError):
        route.sdk().chat.completions.create(model="m", messages=HELLO, extra_headers={"x-demo-status": "429"})


def test_many_streams_at_once(route):
    async def one(sdk):
        stream = await sdk.chat.completions.create(model="m", messages=HELLO, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    async def all_of_them():
        async with route.async_sdk() as sdk:
            return await asyncio.gather(*(one(sdk) for _ in range(40)))

    texts = asyncio.run(all_of_them())
    assert len(set(texts)) == 1 and "你好" in texts[0]
